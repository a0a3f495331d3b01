//! In French.

use crate::{
    demo::script::{Act, Beginning, JIVE, Scenario, may, step},
    proto::v1,
};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![first_contact(), acknowledged_late(), paused()]
}

/// Resolved while the customer is on the telephone.
fn first_contact() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Camille Exemple",
        email: "camille@example.com",
        phone: "+1 514 555 0111",
        postal_address: "",
        language: v1::Language::French,
        channel: v1::Channel::Phone,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::Wireless,
        category: v1::IssueCategory::Billing,
        description: "On m’a facturé deux fois le forfait d’avril.",
        wanted: "Le remboursement du montant payé en trop.",
        beginning: Beginning::Acknowledged,
        filed: may(11, 10, 20),
        handler: "mina",
        steps: vec![step(
            may(11, 10, 32),
            "mina",
            Act::ResolveAtFirstContact(
                "Le double du forfait d’avril a été annulé; le crédit paraîtra sur votre prochaine facture.",
            ),
        )],
    }
}

/// Nobody acknowledges it in time: reminder, breach and flag come automatically.
fn acknowledged_late() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Jean Échantillon",
        email: "jean@example.org",
        phone: "+1 418 555 0112",
        postal_address: "",
        language: v1::Language::French,
        channel: v1::Channel::Form,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::Internet,
        category: v1::IssueCategory::Billing,
        description: "Le rabais promis à l’abonnement n’apparaît sur aucune facture.",
        wanted: "Que le rabais soit appliqué depuis le début.",
        beginning: Beginning::Plain,
        filed: may(11, 13, 30),
        handler: "alex",
        steps: vec![
            step(may(13, 14, 0), "alex", Act::Acknowledge(None)),
            step(
                may(20, 10, 0),
                "alex",
                Act::Propose {
                    message: "Le rabais n’avait pas été enregistré dans votre dossier.",
                    remedy: "Nous l’appliquons rétroactivement depuis janvier.",
                },
            ),
            step(may(21, 11, 0), "alex", Act::Accept),
            step(may(25, 10, 0), "alex", Act::Implement),
            step(
                may(25, 10, 20),
                "alex",
                Act::Close(v1::ClosureReason::Accepted),
            ),
        ],
    }
}

/// The review is paused until the customer sends documents.
fn paused() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Sylvie Modèle",
        email: "sylvie@example.com",
        phone: "+1 819 555 0113",
        postal_address: "",
        language: v1::Language::French,
        channel: v1::Channel::Mail,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::LongDistance,
        category: v1::IssueCategory::CreditManagement,
        description: "Mon compte a été confié à une agence de recouvrement alors que tout est payé.",
        wanted: "Que le dossier soit retiré de l’agence.",
        beginning: Beginning::Plain,
        filed: may(19, 10, 30),
        handler: "noor",
        steps: vec![
            step(may(21, 9, 30), "noor", Act::Acknowledge(None)),
            step(
                may(22, 10, 0),
                "noor",
                Act::Ask("Pourriez-vous nous faire parvenir une preuve de votre paiement?"),
            ),
            step(
                may(26, 14, 0),
                "noor",
                Act::CustomerWrites {
                    summary: "La preuve de paiement est arrivée.",
                    dissatisfied: false,
                },
            ),
            step(
                may(28, 10, 0),
                "noor",
                Act::Update(
                    "Votre preuve de paiement est arrivée; nous avons demandé le retrait du dossier à l’agence.",
                ),
            ),
        ],
    }
}
