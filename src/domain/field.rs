//! What a refusal can be about.

use crate::policy::words;

words! {
    /// A part of what somebody gives for a command. Each edge has its own name for it; here it has the words of people.
    Field {
        PauseEnd = "end of the pause",
        ResumedAt = "end of the pause, as it was",
        AcknowledgedAt = "time of the acknowledgement",
        PromisedDate = "promised date",
        VerifiedAt = "time of the check",
        ContactAt = "time of the contact",
        UpdateSentAt = "time of the update",
        NewPromisedDate = "new promised date",
        ReferredAt = "time of the referral",
        StageReachedAt = "time of the stage",
        SubmittedAt = "time of the submission",
        DocumentsRequestedAt = "time of the request",
        FindingsMadeAt = "time of the findings",
        FindingsCarriedOutAt = "time of the carrying out",
        DueDate = "due date",
        ReceivedAt = "time of the receipt",
        FirstContactAt = "time of the first contact",
        ConvertedAt = "time of the conversion",
        DecidedAt = "time of the conclusion",
        RootCause = "root cause",
        CommunicatedAt = "time at which the outcome was told",
        AnsweredAt = "time of the answer",
        ImplementedAt = "time of the implementation",
        ResolvedAt = "time of the resolution",
        WithdrawnAt = "time of the withdrawal",
        ClosedAt = "time of the closure",
        ReopenedAt = "time of the reopening",
        EscalationAskedAt = "time at which the escalation was asked for",
        DeliveredAt = "time at which it took place",
        Assignee = "assignee",
        UrgencyReasons = "reasons for urgency",
        CustomerName = "name of the customer",
        Actor = "actor",
        HoldReason = "reason of the legal hold",
        Issues = "issues",
        Attachments = "attachments",
        CaseReferences = "case references",
        OtherComplaint = "other complaint",
        Links = "links",
        LinksOfOther = "links of the other complaint",
    }
}
