//! What a token says of a caller, beside who it is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::issuer::{Pair, caller, claims, fixed, time, trusting};
use crate::access::{Queues, Role, Scope};

#[tokio::test]
async fn roles_brands_and_queues_are_those_of_the_claims_and_none_opens_nothing() {
    let (time, pair) = (time(), Pair::ed25519(1));
    let authentication = trusting(fixed(&[pair.public("one")]), &time).await;
    let proved = async |roles: Value, brands: Value, queues: Value| {
        let mut claims = claims();
        for (name, value) in [("roles", roles), ("brands", brands), ("queues", queues)] {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims
                    .as_object_mut()
                    .unwrap()
                    .insert(name.to_owned(), value),
            };
        }
        let token = pair.token(&json!({"alg": "EdDSA", "kid": "one"}), &claims);
        caller(&authentication, &token).await.unwrap()
    };
    let brands = |brands: &[&str]| Some(brands.iter().map(|&brand| brand.to_owned()).collect());
    let none = proved(Value::Null, Value::Null, Value::Null).await;
    assert_eq!(none.roles, BTreeSet::new());
    let nothing = Scope {
        brands: brands(&[]),
        queues: None,
    };
    assert_eq!(none.scope, nothing);
    let elsewhere = json!(["adviser", "offline_access", "Supervisor", "auditor"]);
    let both = proved(elsewhere, json!(["jive", "harbour"]), json!([])).await;
    assert_eq!(both.roles, BTreeSet::from([Role::Adviser, Role::Auditor]));
    let no_queue = Scope {
        brands: brands(&["harbour", "jive"]),
        queues: Some(Queues::default()),
    };
    assert_eq!(both.scope, no_queue);
    let text = proved(
        json!("adviser supervisor"),
        json!("jive"),
        json!("Équipe Facturation"),
    )
    .await;
    assert_eq!(
        text.roles,
        BTreeSet::from([Role::Adviser, Role::Supervisor])
    );
    assert!(text.scope.includes("jive", Some("équipe facturation")));
    assert!(!text.scope.includes("jive", None));
    let all = proved(json!(["operator"]), json!(["jive", "*"]), json!(["*"])).await;
    assert!(all.scope.is_everything());
    let unassigned = proved(json!(["adviser"]), json!(["*"]), json!(["Billing", "-"])).await;
    assert!(unassigned.scope.includes("harbour", None));
    assert!(unassigned.scope.includes("jive", Some("billing")));
    assert!(!unassigned.scope.includes("jive", Some("-")));
}
