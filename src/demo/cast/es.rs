//! In Spanish.

use crate::{
    demo::script::{Act, Beginning, JIVE, Scenario, may, step},
    proto::v1,
};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![update_forgotten(), enquiry(), open_at_the_end()]
}

/// The regular update is forgotten; the customer escalates, and is satisfied one level up.
fn update_forgotten() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Lucía Ejemplo",
        email: "lucia@example.com",
        phone: "+1 647 555 0121",
        postal_address: "",
        language: v1::Language::Spanish,
        channel: v1::Channel::Chat,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::Internet,
        category: v1::IssueCategory::ContractDispute,
        description: "Me renovaron el contrato por dos años sin preguntarme.",
        wanted: "Volver a pagar mes a mes.",
        beginning: Beginning::Acknowledged,
        filed: may(12, 10, 0),
        handler: "noor",
        steps: vec![
            step(
                may(21, 10, 30),
                "noor",
                Act::CustomerWrites {
                    summary: "Pregunta por qué nadie le ha escrito.",
                    dissatisfied: true,
                },
            ),
            step(
                may(21, 11, 0),
                "noor",
                Act::Escalate {
                    statement: "Quiero hablar con un responsable.",
                    assignee: "sam.lead",
                },
            ),
            step(may(22, 9, 30), "sam.lead", Act::Acknowledge(None)),
            step(
                may(22, 9, 45),
                "sam.lead",
                Act::Update(
                    "Lamentamos el silencio. Estamos revisando cómo se renovó su contrato.",
                ),
            ),
            step(
                may(25, 15, 0),
                "sam.lead",
                Act::Propose {
                    message: "La renovación se registró por error; su contrato vuelve a ser mensual desde hoy.",
                    remedy: "",
                },
            ),
            step(may(26, 10, 0), "sam.lead", Act::Accept),
            step(
                may(26, 10, 15),
                "sam.lead",
                Act::Close(v1::ClosureReason::Accepted),
            ),
        ],
    }
}

/// A question turns out to be a complaint.
fn enquiry() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Mateo Ficticio",
        email: "mateo@example.org",
        phone: "+1 403 555 0122",
        postal_address: "",
        language: v1::Language::Spanish,
        channel: v1::Channel::SupportCase,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::Tv,
        category: v1::IssueCategory::ServiceDelivery,
        description: "¿Por qué no se ven los canales de noticias desde hace una semana?",
        wanted: "Ver los canales que pago.",
        beginning: Beginning::Enquiry,
        filed: may(13, 11, 0),
        handler: "mina",
        steps: vec![
            step(may(14, 10, 0), "mina", Act::Convert),
            step(may(14, 10, 40), "mina", Act::Acknowledge(None)),
            step(
                may(20, 16, 0),
                "mina",
                Act::Update("El fallo está en el decodificador; le enviamos otro."),
            ),
            step(
                may(22, 11, 0),
                "mina",
                Act::Propose {
                    message: "El decodificador tenía un programa antiguo que no recibe esos canales.",
                    remedy: "Recibe uno nuevo y el abono de dos semanas.",
                },
            ),
            step(
                may(26, 10, 0),
                "mina",
                Act::Update(
                    "El decodificador nuevo está en camino. ¿Está conforme con la solución?",
                ),
            ),
            step(may(27, 15, 0), "mina", Act::Accept),
            step(may(28, 11, 0), "mina", Act::Implement),
            step(
                may(28, 11, 20),
                "mina",
                Act::Close(v1::ClosureReason::Accepted),
            ),
        ],
    }
}

/// Forgotten as well, and still open when the story ends.
fn open_at_the_end() -> Scenario {
    Scenario {
        brand: JIVE,
        name: "Carmen Muestra",
        email: "carmen@example.com",
        phone: "+1 905 555 0123",
        postal_address: "",
        language: v1::Language::Spanish,
        channel: v1::Channel::Phone,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::Wireless,
        category: v1::IssueCategory::ContractDispute,
        description: "El teléfono nuevo cuesta cada mes más de lo que dice el contrato.",
        wanted: "Pagar lo acordado.",
        beginning: Beginning::Acknowledged,
        filed: may(20, 9, 50),
        handler: "alex",
        steps: vec![
            step(
                may(28, 10, 0),
                "alex",
                Act::Escalate {
                    statement: "Nadie me llama.",
                    assignee: "sam.lead",
                },
            ),
            step(may(29, 10, 0), "sam.lead", Act::Acknowledge(None)),
            step(
                may(29, 10, 10),
                "sam.lead",
                Act::Update(
                    "Comparamos su contrato con cada factura; el lunes le decimos el resultado.",
                ),
            ),
        ],
    }
}
