//! Another brand, in another country.

use crate::{
    demo::script::{Act, Beginning, HARBOUR, Scenario, may, step},
    proto::v1,
};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![settled()]
}

/// Rejected at first, then settled.
fn settled() -> Scenario {
    Scenario {
        brand: HARBOUR,
        name: "Robin Placeholder",
        email: "robin@example.org",
        // A number in the brand's own country, so without a country code.
        phone: "020 7946 0111",
        postal_address: "",
        language: v1::Language::English,
        channel: v1::Channel::Phone,
        customer_type: v1::CustomerType::Consumer,
        service: v1::ServiceKind::Wireless,
        category: v1::IssueCategory::Billing,
        description: "I was charged for roaming on a day trip that your site calls included.",
        wanted: "The roaming charge taken off.",
        beginning: Beginning::Acknowledged,
        filed: may(13, 10, 20),
        handler: "imogen",
        steps: vec![
            step(
                may(19, 11, 0),
                "imogen",
                Act::Propose {
                    message: "The charge is half of what the tariff allows.",
                    remedy: "We take off half of it.",
                },
            ),
            step(
                may(20, 11, 30),
                "imogen",
                Act::Refuse("Your site said that it was included."),
            ),
            step(
                may(21, 11, 0),
                "imogen",
                Act::Propose {
                    message: "You are right: the page that you read was out of date.",
                    remedy: "We take off all of it.",
                },
            ),
            step(may(22, 9, 30), "imogen", Act::Accept),
            step(may(26, 10, 0), "imogen", Act::Implement),
            step(
                may(26, 10, 15),
                "imogen",
                Act::Close(v1::ClosureReason::Accepted),
            ),
        ],
    }
}
