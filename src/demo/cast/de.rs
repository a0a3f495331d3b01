//! In German.

use crate::{
    demo::script::{Act, Beginning, JIVE, Scenario, may, step},
    proto::v1,
};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![late_letter(), urgent(), small_business()]
}

/// A letter lay for four working days: its first promise is already broken when it is entered, and its date must be moved.
fn late_letter() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Erika Musterfrau",
        email: "erika@example.org",
        phone: "+1 519 555 0131",
        postal_address: "",
        language: v1::Language::German,
        channel: v1::Channel::Mail,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::LocalPhone,
        category: v1::IssueCategory::ServiceDelivery,
        description: "Seit dem Umzug ist mein Anschluss unter der alten Nummer nicht erreichbar.",
        wanted: "Die alte Nummer am neuen Anschluss.",
        beginning: Beginning::Arrived(may(7, 10, 0)),
        filed: may(13, 9, 40),
        handler: "mina",
        steps: vec![
            step(may(13, 10, 15), "mina", Act::Acknowledge(None)),
            step(
                may(19, 11, 0),
                "mina",
                Act::Update(
                    "Die Rufnummer liegt noch bei der alten Vermittlungsstelle; die Umschaltung ist beantragt.",
                ),
            ),
            step(
                may(21, 10, 0),
                "mina",
                Act::ChangePromise {
                    message: "Die Umschaltung dauert länger als gedacht.",
                    reason: "Die andere Vermittlungsstelle schaltet erst am 26. Mai um.",
                    to: may(27, 17, 0),
                },
            ),
            step(
                may(26, 14, 0),
                "mina",
                Act::Propose {
                    message: "Die Umschaltung wurde beim Umzug vergessen.",
                    remedy: "Wir schalten die alte Nummer um und erlassen die Grundgebühr für Mai.",
                },
            ),
            step(may(27, 11, 0), "mina", Act::Accept),
            step(may(29, 10, 0), "mina", Act::Implement),
            step(
                may(29, 10, 20),
                "mina",
                Act::Close(v1::ClosureReason::Accepted),
            ),
        ],
    }
}

/// Urgent, with the shorter target; the first outcome is rejected, the second accepted.
fn urgent() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Max Mustermann",
        email: "max@example.com",
        phone: "+1 204 555 0132",
        postal_address: "",
        language: v1::Language::German,
        channel: v1::Channel::Phone,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::Internet,
        category: v1::IssueCategory::CreditManagement,
        description: "Der Anschluss wurde gesperrt, obwohl die Rechnung bezahlt ist. Das Notrufgerät meiner Mutter hängt daran.",
        wanted: "Sofort entsperren.",
        beginning: Beginning::Urgent,
        filed: may(12, 11, 15),
        handler: "alex",
        steps: vec![
            step(
                may(13, 15, 30),
                "alex",
                Act::Propose {
                    message: "Die Zahlung ging ein, war aber keiner Rechnung zugeordnet.",
                    remedy: "Wir entsperren den Anschluss bis Ende der Woche.",
                },
            ),
            step(may(14, 9, 30), "alex", Act::Refuse("Das ist zu spät.")),
            step(
                may(14, 14, 0),
                "alex",
                Act::Propose {
                    message: "Der Anschluss ist seit heute Mittag wieder frei.",
                    remedy: "Wir erstatten die Sperrgebühr.",
                },
            ),
            step(may(14, 15, 30), "alex", Act::Accept),
            step(may(19, 10, 0), "alex", Act::Implement),
            step(
                may(19, 10, 20),
                "alex",
                Act::Close(v1::ClosureReason::Accepted),
            ),
        ],
    }
}

/// A small business; in time so far, and still under review when the story ends.
fn small_business() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Petra Beispiel, Café Beispiel",
        email: "petra@example.org",
        phone: "+1 250 555 0133",
        postal_address: "",
        language: v1::Language::German,
        channel: v1::Channel::SupportCase,
        customer_type: v1::CustomerType::SmallBusiness,
        service: v1::ServiceKind::Wireless,
        category: v1::IssueCategory::Billing,
        description: "Das Kartenterminal wird als zweiter Vertrag abgerechnet.",
        wanted: "Ein Vertrag, eine Rechnung.",
        beginning: Beginning::Plain,
        filed: may(21, 9, 15),
        handler: "noor",
        steps: vec![
            step(may(21, 10, 0), "noor", Act::Acknowledge(None)),
            step(
                may(25, 11, 0),
                "noor",
                Act::Call("Zwischenstand besprochen: Beide Verträge liegen der Buchhaltung vor."),
            ),
            step(
                may(27, 14, 0),
                "noor",
                Act::Update(
                    "Der zweite Vertrag ist gefunden; die Buchhaltung prüft seit wann er läuft.",
                ),
            ),
        ],
    }
}
