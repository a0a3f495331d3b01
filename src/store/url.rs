//! Where the database is: read before libpq reads it, and never shown with anything in it that may be secret.

use std::{env, fmt};

use super::libpq;

/// Everything that may stand before `=` in a connection string, as libpq 18 knows it. libpq names an unknown word in its
/// error, and that word may be the half of a password.
const PARAMETERS: &[&str] = &[
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_issuer",
    "oauth_scope",
    "options",
    "passfile",
    "password",
    "port",
    "replication",
    "require_auth",
    "requirepeer",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "ssl",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslkeylogfile",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// What says how TLS is spoken, and therefore that it is.
const OF_TLS: &[&str] = &[
    "ssl",
    "sslcert",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslpassword",
    "sslrootcert",
];

/// Why a database's URL cannot be used. Nothing of the URL is repeated, because any part of it may be a part of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Neither of the two forms.
    #[error(
        "the database URL has neither of libpq's two forms: postgres://USER:PASSWORD@HOST:PORT/DATABASE, or host=HOST dbname=DATABASE"
    )]
    Form,
    /// A delimiter within a part of the URL.
    #[error(
        "the database URL has a misplaced @ or /: in the user name or password, write %40 and %2F instead"
    )]
    Delimiter,
    /// A percent sign that encodes nothing.
    #[error(
        "the database URL has a % that is not followed by two hexadecimal digits: write %25 for the sign itself"
    )]
    Percent,
    /// A space, which libpq shows with what is around it.
    #[error("the database URL has a space: write %20 instead")]
    Space,
    /// A port that is not a number.
    #[error("the database URL has a port that is not a number from 1 to 65535")]
    Port,
    /// A parameter that libpq does not know.
    #[error(
        "the database URL has an unknown parameter: in a password, write %26 for & and quote spaces"
    )]
    Parameter,
    /// TLS is asked for, and there is none. libpq would pass over some of what asks for it, and send the password in the clear.
    #[error(
        "the database URL asks for TLS, which this program cannot speak, because the libpq in it was built without: use a program \
         that was built with --no-default-features, which links the system's libpq; or set sslmode=disable, where the way to the \
         database is safe without"
    )]
    Tls,
    /// A zero byte.
    #[error("the database URL contains a zero byte")]
    Zero,
}

/// A database's URL, or connection string, which libpq reads as it was meant: each part of it is what it looks like. Its
/// `Debug` shows the [place](DatabaseUrl::place) alone.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    text: String,
    place: String,
}

impl DatabaseUrl {
    /// Reads what somebody wrote.
    ///
    /// # Errors
    /// If libpq would refuse it, or take a part of the password for something that its errors show. If it asks for TLS, or the
    /// variable `PGSSLMODE` does in its stead, where libpq speaks none.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        Self::read(text, || env::var("PGSSLMODE").ok(), libpq::speaks_tls)
    }

    fn read(
        text: &str,
        default_mode: impl FnOnce() -> Option<String>,
        speaks_tls: impl FnOnce() -> bool,
    ) -> Result<Self, UrlError> {
        let text = text.trim();
        if text.contains('\0') {
            return Err(UrlError::Zero);
        }
        let rest = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme));
        let (place, parameters) = match rest {
            Some(rest) => place_in_url(rest)?,
            None => place_in_words(text)?,
        };
        if asks_for_tls(&parameters, default_mode) && !speaks_tls() {
            return Err(UrlError::Tls);
        }
        Ok(DatabaseUrl {
            text: text.to_owned(),
            place,
        })
    }

    /// All of it, for libpq alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Where it is, for people: host, port and database, as far as they are given.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DatabaseUrl").field(&self.place).finish()
    }
}

/// Names and values, as they are written.
type Parameters = Vec<(String, String)>;

/// What follows the scheme, divided as libpq divides it: an `@` ends the user and the password if no `/` comes before it.
fn place_in_url(rest: &str) -> Result<(String, Parameters), UrlError> {
    let place = match rest.find(['@', '/']) {
        Some(end) if rest[end..].starts_with('@') => {
            percent(&rest[..end])?;
            &rest[end + 1..]
        }
        _ => rest,
    };
    let (place, query) = place.split_once('?').unwrap_or((place, ""));
    if place.contains('@') {
        return Err(UrlError::Delimiter);
    }
    percent(place)?;
    let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
    if database.contains('/') {
        return Err(UrlError::Delimiter);
    }
    for host in hosts.split(',') {
        let after = match host.strip_prefix('[') {
            Some(address) => address.split_once(']').ok_or(UrlError::Form)?.1,
            None => &host[host.find(':').unwrap_or(host.len())..],
        };
        match after.strip_prefix(':') {
            Some(digits) => port(digits)?,
            None if after.is_empty() => {}
            None => return Err(UrlError::Form),
        }
    }
    let mut parameters = Vec::new();
    for pair in query.split('&').filter(|_| !query.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(UrlError::Parameter)?;
        percent(pair)?;
        parameter(name, value)?;
        parameters.push((name.to_owned(), value.to_owned()));
    }
    let place = if place.trim_matches('/').is_empty() {
        "Postgres".to_owned()
    } else {
        format!("Postgres at {place}")
    };
    Ok((place, parameters))
}

/// Words such as `host=db`, with quotes and backslashes as libpq reads them.
fn place_in_words(text: &str) -> Result<(String, Parameters), UrlError> {
    let (mut shown, mut parameters) = (Vec::new(), Vec::new());
    let mut rest = text;
    if rest.is_empty() {
        return Err(UrlError::Form);
    }
    while !rest.is_empty() {
        let (name, value) = rest.split_once('=').ok_or(UrlError::Form)?;
        let (value, after) = word(value.trim_start()).ok_or(UrlError::Form)?;
        let name = name.trim_end();
        parameter(name, &value)?;
        if ["host", "port", "dbname"].contains(&name) {
            shown.push(format!("{name}={value}"));
        }
        parameters.push((name.to_owned(), value));
        rest = after.trim_start();
    }
    let place = if shown.is_empty() {
        "Postgres".to_owned()
    } else {
        format!("Postgres at {}", shown.join(" "))
    };
    Ok((place, parameters))
}

/// The first word, and what follows it. None if its quote does not end.
fn word(text: &str) -> Option<(String, &str)> {
    let (quoted, text) = match text.strip_prefix('\'') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let mut word = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => word.extend(chars.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Some((word, &text[at + 1..])),
            c if !quoted && c.is_ascii_whitespace() => return Some((word, &text[at..])),
            c => word.push(c),
        }
    }
    (!quoted).then_some((word, ""))
}

/// Whether it counts on TLS. Of a parameter that is given twice libpq takes the last.
fn asks_for_tls(parameters: &Parameters, default_mode: impl FnOnce() -> Option<String>) -> bool {
    let value = |wanted: &str| {
        let given = parameters.iter().rev().find(|(name, _)| name == wanted);
        given.map(|(_, value)| value.clone())
    };
    match value("sslmode").or_else(default_mode).as_deref() {
        Some("disable") => false,
        // Without a word it is "prefer".
        None | Some("" | "allow" | "prefer") => {
            parameters.iter().any(|(name, value)| match name.as_str() {
                "channel_binding" => value == "require",
                "sslnegotiation" => value == "direct",
                name => OF_TLS.contains(&name),
            })
        }
        Some(_) => true,
    }
}

fn parameter(name: &str, value: &str) -> Result<(), UrlError> {
    if !PARAMETERS.contains(&name) {
        return Err(UrlError::Parameter);
    }
    if name == "port" {
        value.split(',').try_for_each(port)?;
    }
    Ok(())
}

/// Without one, libpq takes Postgres's own.
fn port(digits: &str) -> Result<(), UrlError> {
    let number = digits.parse::<u16>().is_ok_and(|port| port > 0);
    if number || digits.is_empty() {
        Ok(())
    } else {
        Err(UrlError::Port)
    }
}

fn percent(text: &str) -> Result<(), UrlError> {
    if text.contains(|c: char| c.is_ascii_whitespace()) {
        return Err(UrlError::Space);
    }
    for encoded in text.split('%').skip(1) {
        let digits = encoded.as_bytes().get(..2).ok_or(UrlError::Percent)?;
        if digits == b"00" || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(UrlError::Percent);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_url_is_shown_as_its_place_alone() {
        for (url, place) in [
            (
                "postgres://redress:s3cret@db.example:5432/redress?sslmode=require",
                "Postgres at db.example:5432/redress",
            ),
            (
                "postgres://redress:s3%40cret@db/redress",
                "Postgres at db/redress",
            ),
            ("postgres://redress:s3#c?ret@db", "Postgres at db"),
            ("postgres:///?host=/run/pg&password=s3cret", "Postgres"),
            ("postgres://?service=redress", "Postgres"),
            ("postgres://redress@/redress", "Postgres at /redress"),
            (
                "postgresql://a,b:5433,[::1]:5434/redress",
                "Postgres at a,b:5433,[::1]:5434/redress",
            ),
            (
                "host=db password=s3cret dbname=redress",
                "Postgres at host=db dbname=redress",
            ),
            (
                r"host = db password='s3 c\'ret host=s3' port=5432",
                "Postgres at host=db port=5432",
            ),
            (" password=s3cret\n", "Postgres"),
        ] {
            let read = DatabaseUrl::read(url, || None, || true).unwrap();
            assert_eq!(read.place(), place, "{url}");
            assert_eq!(format!("{read:?}"), format!("DatabaseUrl({place:?})"));
            assert_eq!(read.expose(), url.trim());
        }
    }

    #[test]
    fn a_url_in_which_a_password_could_be_taken_for_something_else_is_refused() {
        for (url, why) in [
            ("", UrlError::Form),
            ("s3cret", UrlError::Form),
            ("redress:s3cret@db/redress", UrlError::Form),
            ("mysql://redress:s3cret@db/redress", UrlError::Form),
            ("mysql://redress:s3=cret@db/redress", UrlError::Parameter),
            ("postgres://redress:s3@cret@db/redress", UrlError::Delimiter),
            ("postgres://redress:s3/cret@db/redress", UrlError::Delimiter),
            ("postgres://redress:s3/cret/db", UrlError::Delimiter),
            ("postgres://redress:s3cret/db", UrlError::Port),
            ("postgres://redress:99999/db", UrlError::Port),
            ("postgres://redress:s3%cret@db/redress", UrlError::Percent),
            ("postgres://redress:s3%00@db/redress", UrlError::Percent),
            ("postgres://redress:s3cret%@db/redress", UrlError::Percent),
            ("postgres://redress:s3 cret@db/redress", UrlError::Space),
            ("postgres://db/r?password=s3 cret", UrlError::Space),
            ("postgres://[s3cret", UrlError::Form),
            ("postgres://[::1]s3cret/db", UrlError::Form),
            ("postgres://db/r?password=s3&cret", UrlError::Parameter),
            ("postgres://db/r?password=s3&cret=1", UrlError::Parameter),
            ("postgres://db/r?password=s3=%cret", UrlError::Percent),
            ("postgres://db/r?pasword=s3cret", UrlError::Parameter),
            ("host=db password=s3 cret", UrlError::Form),
            ("host=db password=s3 cret=1", UrlError::Parameter),
            ("host=db password='s3cret", UrlError::Form),
            ("host=db port=s3cret", UrlError::Port),
            ("postgres://redress:s3\0cret@db", UrlError::Zero),
        ] {
            let refused = DatabaseUrl::parse(url).unwrap_err();
            assert_eq!(refused, why, "{url}");
            assert!(!refused.to_string().contains("s3"), "{url}: {refused}");
        }
    }

    #[test]
    fn what_counts_on_tls_is_refused_where_there_is_none() {
        let read = |url: &str, default: Option<&str>, speaks: bool| {
            DatabaseUrl::read(url, || default.map(str::to_owned), || speaks)
        };
        for url in [
            "postgres://redress:s3cret@db/redress?sslmode=require",
            "postgres://db/redress?sslmode=disable&sslmode=verify-ca",
            "postgres://db/redress?sslmode=verify%2Dfull",
            "postgres://db/redress?ssl=true",
            "postgres://db/redress?sslrootcert=system",
            "postgres://db/redress?sslmode=prefer&sslcert=/tls.crt&sslkey=/tls.key",
            "postgres://db/redress?channel_binding=require",
            "postgres://db/redress?sslnegotiation=direct",
            "host=db password=s3cret sslmode='verify-full'",
        ] {
            let refused = read(url, None, false).unwrap_err();
            assert_eq!(refused, UrlError::Tls, "{url}");
            assert!(!refused.to_string().contains("s3cret"));
            read(url, None, true).unwrap();
        }
        for url in [
            "postgres://redress:sslmode=require@db/redress",
            "postgres://db/redress?sslmode=disable&sslrootcert=/ca.crt",
            "postgres://db/redress?sslmode=require&sslmode=prefer",
            "host=db password='sslmode=require'",
        ] {
            read(url, None, false).unwrap();
        }
        let url = "postgres://db/redress";
        assert_eq!(
            read(url, Some("require"), false).unwrap_err(),
            UrlError::Tls
        );
        read(url, Some("prefer"), false).unwrap();
        read(
            "postgres://db/redress?sslmode=disable",
            Some("require"),
            false,
        )
        .unwrap();
    }
}
