//! Parses a file of client subjects.

use std::{
    collections::{HashMap, hash_map::Entry},
    path::Path,
    sync::Arc,
};

use serde::Deserialize;
use toml::Spanned;

use super::{
    super::{
        granted::{self, ALL, UNASSIGNED},
        name::AlternativeName,
    },
    fault::{ClientSubjectsError, ClientSubjectsFault, Fault},
    table::Table,
};
use crate::{
    access::{Principal, Role, Scope},
    brand::is_name_of_brand,
    calendar::{TextPlace, bounds},
    intake, writing,
};

/// The largest file, in bytes: enough for some thousand clients.
pub(super) const MOST_BYTES: u64 = 1 << 20;

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    client: Vec<Spanned<Client>>,
}

/// A caller, with the names of its certificates and its permissions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Client {
    subject: Spanned<String>,
    #[serde(default)]
    uris: Vec<Spanned<String>>,
    #[serde(default)]
    dns: Vec<Spanned<String>>,
    #[serde(default)]
    emails: Vec<Spanned<String>>,
    #[serde(default)]
    ips: Vec<Spanned<String>>,
    roles: Spanned<Vec<Role>>,
    // No brands given means none.
    #[serde(default)]
    brands: Vec<Spanned<String>>,
    queues: Option<Vec<Spanned<String>>>,
}

impl Table {
    /// Parses and validates a file.
    ///
    /// # Errors
    /// The first fault, with its position.
    pub(super) fn parse(file: &Path, bytes: &[u8]) -> Result<Self, ClientSubjectsError> {
        let wrong = |text: &str, fault: Fault| {
            let TextPlace { line, column } = TextPlace::of(text, fault.span.start);
            ClientSubjectsError::Wrong {
                file: file.to_owned(),
                line,
                column,
                fault: fault.fault,
            }
        };
        let not_text = Fault {
            span: 0..0,
            fault: ClientSubjectsFault::NotText,
        };
        let text = str::from_utf8(bytes).map_err(|_| wrong("", not_text))?;
        read(text).map_err(|fault| wrong(text, fault))
    }
}

fn read(text: &str) -> Result<Table, Fault> {
    let most = usize::try_from(MOST_BYTES).unwrap_or(usize::MAX);
    bounds::check(text, most).map_err(|out| Fault {
        span: out.span,
        fault: ClientSubjectsFault::Form(out.reason),
    })?;
    let written: Written = toml::from_str(text).map_err(|error| Fault {
        span: error.span().unwrap_or(0..0),
        fault: ClientSubjectsFault::Form(error.message().trim().to_owned()),
    })?;
    if written.client.is_empty() {
        let (span, fault) = (0..0, ClientSubjectsFault::NoClient);
        return Err(Fault { span, fault });
    }
    let line = |place: usize| TextPlace::of(text, place).line;
    let (mut by_name, mut subjects) = (HashMap::new(), HashMap::new());
    for client in &written.client {
        let principal = Arc::new(principal(client)?);
        let subject = &client.get_ref().subject;
        let start = subject.span().start;
        if let Some(before) = subjects.insert(writing::identity(&principal.subject), start) {
            let line = line(before);
            return Err(Fault::at(
                subject,
                ClientSubjectsFault::SubjectTwice { line },
            ));
        }
        for (place, name) in names(client)? {
            match by_name.entry(name) {
                Entry::Vacant(free) => free.insert((place.span().start, Arc::clone(&principal))),
                Entry::Occupied(taken) => {
                    let line = line(taken.get().0);
                    return Err(Fault::at(place, ClientSubjectsFault::NameTwice { line }));
                }
            };
        }
    }
    let by_name = by_name.into_iter();
    let by_name = by_name.map(|(name, (_, principal))| (name, principal));
    Ok(Table::new(written.client.len(), by_name.collect()))
}

fn principal(client: &Spanned<Client>) -> Result<Principal, Fault> {
    let Client {
        subject,
        roles,
        brands,
        queues,
        ..
    } = client.get_ref();
    let named = intake::staff_name(subject.get_ref());
    let named = named.map_err(|why| Fault::at(subject, ClientSubjectsFault::Subject(why)))?;
    if roles.get_ref().is_empty() {
        return Err(Fault::at(roles, ClientSubjectsFault::NoRole));
    }
    Ok(Principal {
        subject: named,
        roles: roles.get_ref().iter().copied().collect(),
        scope: scope(brands, queues.as_deref())?,
    })
}

fn scope(brands: &[Spanned<String>], queues: Option<&[Spanned<String>]>) -> Result<Scope, Fault> {
    for brand in brands {
        let word = brand.get_ref();
        if word != ALL && !is_name_of_brand(word) {
            return Err(Fault::at(brand, ClientSubjectsFault::Brand));
        }
    }
    for queue in queues.into_iter().flatten() {
        let word = queue.get_ref();
        if word != ALL && word != UNASSIGNED {
            let named = intake::staff_name(word);
            named.map_err(|why| Fault::at(queue, ClientSubjectsFault::Queue(why)))?;
        }
    }
    let queues = queues.map(words);
    Ok(granted::scope(&words(brands), queues.as_deref()))
}

fn words(list: &[Spanned<String>]) -> Vec<&str> {
    list.iter().map(|word| word.get_ref().as_str()).collect()
}

/// The names of a client's certificates, each with its position.
fn names(client: &Spanned<Client>) -> Result<Vec<(&Spanned<String>, AlternativeName)>, Fault> {
    let Client {
        uris,
        dns,
        emails,
        ips,
        ..
    } = client.get_ref();
    let kinds = [
        (
            uris,
            uri as fn(&str) -> Result<AlternativeName, &'static str>,
        ),
        (dns, dns_name),
        (emails, email),
        (ips, ip),
    ];
    let mut found = Vec::new();
    for (places, read) in kinds {
        for place in places {
            let name = read(place.get_ref());
            let name = name.map_err(|why| Fault::at(place, ClientSubjectsFault::Name(why)))?;
            found.push((place, name));
        }
    }
    if found.is_empty() {
        return Err(Fault::at(client, ClientSubjectsFault::NoName));
    }
    Ok(found)
}

/// Names are compared literally; an asterisk would look like a wildcard.
fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_graphic() && c != '*')
}

fn uri(name: &str) -> Result<AlternativeName, &'static str> {
    let scheme = name
        .split_once(':')
        .map(|(scheme, rest)| (scheme, rest.is_empty()));
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    match scheme {
        Some((scheme, false)) if is_scheme(scheme) && is_plain(name) => {
            Ok(AlternativeName::Uri(name.to_owned()))
        }
        _ => Err(
            "a URI is wanted, as it stands in the certificate, such as spiffe://example.org/crm; there are no patterns",
        ),
    }
}

fn dns_name(name: &str) -> Result<AlternativeName, &'static str> {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    if !name.split('.').all(is_label) {
        return Err(
            "a name of DNS is wanted, as it stands in the certificate, such as crm.example.org; there are no patterns",
        );
    }
    Ok(AlternativeName::dns(name))
}

fn email(name: &str) -> Result<AlternativeName, &'static str> {
    let parts = name.split_once('@');
    if !is_plain(name) || parts.is_none_or(|(of, at)| of.is_empty() || at.is_empty()) {
        return Err(
            "an e-mail address is wanted, as it stands in the certificate, such as crm@example.org; there are no patterns",
        );
    }
    Ok(AlternativeName::Email(name.to_owned()))
}

fn ip(name: &str) -> Result<AlternativeName, &'static str> {
    let address = name.parse();
    let address =
        address.map_err(|_| "an IP address is wanted, such as 192.0.2.1 or 2001:db8::1")?;
    Ok(AlternativeName::Ip(address))
}
