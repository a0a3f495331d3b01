//! Links, which are stored with both of their complaints.

use std::collections::BTreeMap;

use diesel::{ExpressionMethods as _, PgConnection, QueryDsl as _, RunQueryDsl as _};
use uuid::Uuid;

use super::{StoreError, any_array::among, rows, schema};
use crate::domain::{Complaint, Link};

/// That member of a complaint's JSON which holds its links.
#[derive(serde::Deserialize)]
struct Links {
    #[serde(default)]
    links: Vec<Link>,
}

/// Which of the links of these complaints the other complaint does not have, by the complaint that has them. One that cannot
/// be read may have them: that is found of it by itself.
pub(super) fn one_sided<'c>(
    complaints: impl Iterator<Item = &'c Complaint>,
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Vec<Link>>, StoreError> {
    use schema::complaint::dsl;
    let links = complaints.flat_map(|it| it.links.iter().map(|link| (it.id, link)));
    let links: Vec<(Uuid, &Link)> = links.collect();
    let mut one_sided: BTreeMap<Uuid, Vec<Link>> = BTreeMap::new();
    if links.is_empty() {
        return Ok(one_sided);
    }
    let others = links.iter().map(|(_, link)| link.complaint);
    let bodies: Vec<(Uuid, String)> = dsl::complaint
        .filter(dsl::id.eq(among(others)))
        .select((dsl::id, dsl::body))
        .load(connection)?;
    let read = |(id, body): (Uuid, String)| (id, rows::read_json::<Links>("complaint", &body));
    let others: BTreeMap<Uuid, _> = bodies.into_iter().map(read).collect();
    for (id, link) in links {
        let reverse = (id, link.kind.reverse());
        let is_two_sided = match others.get(&link.complaint) {
            None => false,
            Some(Err(_)) => true,
            Some(Ok(Links { links })) => {
                let mut links = links.iter().map(|other| (other.complaint, other.kind));
                links.any(|other| other == reverse)
            }
        };
        if !is_two_sided {
            one_sided.entry(id).or_default().push(link.clone());
        }
    }
    Ok(one_sided)
}
