//! In English.

use crate::{
    demo::script::{Act, Beginning, JIVE, NO_SUCH_MAILBOX, PRINT_HOUSE, Scenario, may, step},
    proto::v1,
};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        kept_in_time(),
        up_to_the_ccts(),
        withdrawn(),
        answered(),
        not_reached(),
    ]
}

/// Every promise is kept.
fn kept_in_time() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Morgan Sample",
        email: "morgan@example.com",
        phone: "+1 416 555 0101",
        postal_address: "",
        language: v1::Language::English,
        channel: v1::Channel::Form,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::Internet,
        category: v1::IssueCategory::ServiceDelivery,
        description: "My internet drops every evening since the new modem was installed.",
        wanted: "A connection that holds, or the old modem back.",
        beginning: Beginning::Plain,
        filed: may(11, 9, 12),
        handler: "alex",
        steps: vec![
            step(may(11, 11, 5), "alex", Act::Acknowledge(None)),
            step(
                may(15, 10, 0),
                "alex",
                Act::Update(
                    "We measured your line on two evenings and found noise on it. A technician looks at the outside box next week.",
                ),
            ),
            step(
                may(21, 14, 0),
                "alex",
                Act::Propose {
                    message: "The splitter in the outside box was corroded. That is why the connection dropped.",
                    remedy: "We replace the splitter and credit one month of service.",
                },
            ),
            step(may(22, 10, 0), "alex", Act::Accept),
            step(may(26, 11, 0), "alex", Act::Implement),
            step(
                may(26, 11, 30),
                "alex",
                Act::Close(v1::ClosureReason::Accepted),
            ),
        ],
    }
}

/// Escalated through both levels, closed without agreement, and taken to the independent body.
fn up_to_the_ccts() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Jordan Placeholder",
        email: "jordan@example.org",
        phone: "+1 604 555 0102",
        postal_address: "",
        language: v1::Language::English,
        channel: v1::Channel::SupportCase,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::Wireless,
        category: v1::IssueCategory::ContractDispute,
        description: "I was told that I could leave without a fee, and was charged 400 dollars.",
        wanted: "The fee back.",
        beginning: Beginning::Plain,
        filed: may(11, 14, 10),
        handler: "noor",
        steps: vec![
            step(
                may(11, 15, 0),
                "noor",
                Act::Acknowledge(Some(may(20, 17, 0))),
            ),
            step(
                may(13, 9, 30),
                "noor",
                Act::VerifyIdentity("security questions"),
            ),
            step(
                may(14, 11, 0),
                "noor",
                Act::Propose {
                    message: "The fee is in the contract that you signed, so it stays.",
                    remedy: "",
                },
            ),
            step(
                may(15, 10, 0),
                "noor",
                Act::Refuse("That is not what I was told on the phone."),
            ),
            step(
                may(15, 10, 20),
                "noor",
                Act::Escalate {
                    statement: "I want somebody else to look at this.",
                    assignee: "sam.lead",
                },
            ),
            step(may(19, 11, 0), "sam.lead", Act::Acknowledge(None)),
            step(
                may(19, 11, 20),
                "sam.lead",
                Act::Update("We are looking for the recording of the call that you mention."),
            ),
            step(
                may(21, 9, 40),
                "sam.lead",
                Act::Escalate {
                    statement: "The date you promised has passed. I want a manager.",
                    assignee: "ruth.manager",
                },
            ),
            step(may(21, 13, 0), "ruth.manager", Act::Acknowledge(None)),
            step(
                may(25, 11, 0),
                "ruth.manager",
                Act::Propose {
                    message: "The recording shows that the fee was mentioned. As a gesture we credit half of it.",
                    remedy: "We credit 200 dollars on the next bill.",
                },
            ),
            step(
                may(26, 9, 45),
                "ruth.manager",
                Act::Refuse("Half is not enough."),
            ),
            step(
                may(26, 16, 0),
                "ruth.manager",
                Act::Close(v1::ClosureReason::ProviderDecision),
            ),
            step(
                may(27, 10, 0),
                "ida.regulatory",
                Act::Refer("EXAMPLE-2026-0042"),
            ),
            step(
                may(28, 10, 0),
                "ida.regulatory",
                Act::Stage(v1::ReferralStage::InitialReferral),
            ),
            step(
                may(29, 11, 0),
                "ida.regulatory",
                Act::Report(
                    "The call was reviewed, half of the fee was offered; the offer stands.",
                ),
            ),
        ],
    }
}

/// The customer finds that the matter was a misunderstanding.
fn withdrawn() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Taylor Testcase",
        email: "taylor@example.com",
        phone: "+1 613 555 0103",
        postal_address: "",
        language: v1::Language::English,
        channel: v1::Channel::Chat,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::Tv,
        category: v1::IssueCategory::Billing,
        description: "A sports package is on my bill that I never ordered.",
        wanted: "Take it off the bill.",
        beginning: Beginning::Acknowledged,
        filed: may(14, 13, 0),
        handler: "mina",
        steps: vec![step(
            may(20, 10, 0),
            "mina",
            Act::Withdraw("My partner ordered it. Sorry for the trouble."),
        )],
    }
}

/// An everyday enquiry, answered in time.
fn answered() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Casey Illustration",
        email: "casey@example.org",
        phone: "+1 306 555 0104",
        postal_address: "",
        language: v1::Language::English,
        channel: v1::Channel::Form,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::LocalPhone,
        category: v1::IssueCategory::Other,
        description: "How do I forward my home number to my mobile while I travel?",
        wanted: "The steps.",
        beginning: Beginning::Enquiry,
        filed: may(12, 9, 40),
        handler: "mina",
        steps: vec![step(
            may(13, 11, 0),
            "mina",
            Act::AnswerEnquiry(
                "Dial *72, then your mobile number, and wait for the tone. *73 ends the forwarding.",
            ),
        )],
    }
}

/// The acknowledgement bounces, and is sent again as a letter.
fn not_reached() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Quinn Specimen",
        email: NO_SUCH_MAILBOX,
        phone: "+1 902 555 0105",
        postal_address: "12 Sample Lane\nHalifax NS  B3H 0A0",
        language: v1::Language::English,
        channel: v1::Channel::Form,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::Internet,
        category: v1::IssueCategory::Billing,
        description: "I moved in April and still pay for the line at my old address.",
        wanted: "The old line cancelled, and two months back.",
        beginning: Beginning::Plain,
        filed: may(26, 9, 50),
        handler: "alex",
        steps: vec![
            step(may(26, 10, 30), "alex", Act::Acknowledge(None)),
            step(
                may(27, 10, 40),
                "alex",
                Act::SendAgain(v1::ContactMeans::Letter),
            ),
            step(may(27, 11, 15), PRINT_HOUSE, Act::PostLetters),
        ],
    }
}
