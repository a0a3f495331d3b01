//! Acts that are only planned, read as they would be if they were carried out.

use super::{
    check::Check,
    mutation::{Header, Mutation, envelope},
    problem::{Problem, Violation},
};
use crate::{
    domain::Actor,
    engine::Envelope,
    proto::v1::{self, preview_notices_request::Act},
};

/// A planned act.
#[derive(Debug)]
pub(crate) struct Planned(Act);

/// Each act with its request.
macro_rules! acts {
    ($($act:ident = $request:ident),+ $(,)?) => {
        impl Planned {
            /// The method by which it would be carried out.
            pub(crate) fn method(&self) -> &'static str {
                match &self.0 {
                    $(Act::$act(_) => <v1::$request as Mutation>::METHOD,)+
                }
            }

            /// What it says beside its own.
            pub(crate) fn header(&self) -> Header<'_> {
                match &self.0 {
                    $(Act::$act(request) => request.header(),)+
                }
            }

            /// The name of the complaint, and the id of the request.
            fn names(&mut self) -> (&mut String, &mut String) {
                match &mut self.0 {
                    $(Act::$act(request) => (&mut request.name, &mut request.request_id),)+
                }
            }

            /// What the engine would be given for it.
            ///
            /// # Errors
            /// INVALID_ARGUMENT with every violation, as the act would be refused.
            pub(crate) fn envelope(self, acting: Actor, check: Check) -> Result<Envelope, Problem> {
                match self.0 {
                    $(Act::$act(request) => envelope(request, acting, check),)+
                }
            }
        }
    };
}

acts! {
    ConvertEnquiry = ConvertEnquiryRequest,
    AcknowledgeComplaint = AcknowledgeComplaintRequest,
    SendUpdate = SendUpdateRequest,
    PauseComplaint = PauseComplaintRequest,
    ResumeComplaint = ResumeComplaintRequest,
    ProposeOutcome = ProposeOutcomeRequest,
    RecordCustomerAnswer = RecordCustomerAnswerRequest,
    ConfirmImplementation = ConfirmImplementationRequest,
    ResolveAtFirstContact = ResolveAtFirstContactRequest,
    EscalateComplaint = EscalateComplaintRequest,
    ReferComplaint = ReferComplaintRequest,
    WithdrawComplaint = WithdrawComplaintRequest,
    CloseComplaint = CloseComplaintRequest,
    ReopenComplaint = ReopenComplaintRequest,
}

impl Planned {
    /// # Errors
    /// INVALID_ARGUMENT where no complaint or no act is named, or two complaints are.
    pub(crate) fn of(
        mut check: Check,
        request: v1::PreviewNoticesRequest,
    ) -> Result<Self, Problem> {
        let named = check.complaint(&request.name);
        if request.act.is_none() {
            check.violation("act", "is required");
        }
        let (_, act) = check.finish(named.zip(request.act))?;
        let mut planned = Planned(act);
        let (name, request_id) = planned.names();
        if !name.is_empty() && *name != request.name {
            return Err(Problem::invalid(vec![Violation {
                field: "act.name".to_owned(),
                description: "must be empty, or the name of this request".to_owned(),
            }]));
        }
        *name = request.name;
        // Nothing is repeated.
        request_id.clear();
        Ok(planned)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::intake::check::tests::check;

    const NAME: &str = "complaints/01890a5d-ac96-774b-bcce-b302099a8057";

    fn update(name: &str) -> Act {
        Act::SendUpdate(v1::SendUpdateRequest {
            name: name.to_owned(),
            actor: "ada".to_owned(),
            request_id: "not a UUID".to_owned(),
            message: "We are at it.".to_owned(),
            ..Default::default()
        })
    }

    fn read(name: &str, act: Option<Act>) -> Result<Planned, Vec<String>> {
        let request = v1::PreviewNoticesRequest {
            name: name.to_owned(),
            act,
        };
        Planned::of(check(), request).map_err(|problem| {
            let fields = problem.violations.iter();
            fields.map(|violation| violation.field.clone()).collect()
        })
    }

    #[test]
    fn an_act_need_not_name_its_complaint_again_and_has_no_request_id() {
        for name in ["", NAME] {
            let planned = read(NAME, Some(update(name))).unwrap();
            assert_eq!(planned.method(), "SendUpdate");
            let read = planned.envelope("ada".to_owned().into(), check()).unwrap();
            assert_eq!(read.request, None);
            assert_eq!(read.work.named().count(), 1);
        }
    }

    #[test]
    fn an_act_on_another_complaint_is_refused_and_so_is_none() {
        let other = NAME.replace("8057", "8058");
        assert_eq!(read(NAME, Some(update(&other))).unwrap_err(), ["act.name"]);
        assert_eq!(read(NAME, None).unwrap_err(), ["act"]);
        assert_eq!(read("", None).unwrap_err(), ["name", "act"]);
    }
}
