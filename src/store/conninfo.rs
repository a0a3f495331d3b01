//! Connection strings: what libpq is told beside what the operator wrote.

/// `conninfo`, a URL or a string of `name=value`, with settings that hold unless it says otherwise.
///
/// Of a setting that is given twice libpq takes the last, so the defaults go first, and what the operator wrote is not
/// interpreted.
pub(super) fn with_defaults(conninfo: &str, defaults: &[(&str, String)]) -> String {
    let joined = |separator: &str| {
        let pairs: Vec<_> = defaults
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join(separator)
    };
    let Some(place) = settings_of_url(conninfo) else {
        return format!("{} {conninfo}", joined(" "));
    };
    match place {
        Some(at) => format!("{}{}&{}", &conninfo[..at], joined("&"), &conninfo[at..]),
        None => format!("{conninfo}?{}", joined("&")),
    }
}

/// Where the settings of a URL begin, if it has any; `None` for what is no URL.
///
/// Read as libpq does: what stands before an `@` is the user with the password, in which a `?` is an ordinary character; a `/`
/// is not.
fn settings_of_url(conninfo: &str) -> Option<Option<usize>> {
    let scheme = ["postgresql://", "postgres://"]
        .into_iter()
        .find(|scheme| conninfo.starts_with(scheme))?;
    let rest = &conninfo[scheme.len()..];
    let hosts = match rest.find(['@', '/']) {
        Some(at) if rest[at..].starts_with('@') => at + 1,
        _ => 0,
    };
    let settings = rest[hosts..].find('?');
    Some(settings.map(|at| scheme.len() + hosts + at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(conninfo: &str) -> String {
        with_defaults(
            conninfo,
            &[
                ("connect_timeout", "3".to_owned()),
                ("port", "1".to_owned()),
            ],
        )
    }

    #[test]
    fn defaults_stand_before_what_the_operator_wrote() {
        for (written, expected) in [
            (
                "postgres://db/x",
                "postgres://db/x?connect_timeout=3&port=1",
            ),
            ("postgres://db", "postgres://db?connect_timeout=3&port=1"),
            (
                "postgresql://a@db1:1,db2/x?port=2",
                "postgresql://a@db1:1,db2/x?connect_timeout=3&port=1&port=2",
            ),
            (
                "postgres:///x?host=/run/a%20b&connect_timeout=9",
                "postgres:///x?connect_timeout=3&port=1&host=/run/a%20b&connect_timeout=9",
            ),
            (
                "postgres://db/x?",
                "postgres://db/x?connect_timeout=3&port=1&",
            ),
            (
                "host=db password='a b?c'",
                "connect_timeout=3 port=1 host=db password='a b?c'",
            ),
            ("", "connect_timeout=3 port=1 "),
        ] {
            assert_eq!(told(written), expected);
        }
    }

    #[test]
    fn a_password_is_never_taken_for_a_setting() {
        for (written, expected) in [
            (
                "postgres://a:connect_timeout?x@db/x",
                "postgres://a:connect_timeout?x@db/x?connect_timeout=3&port=1",
            ),
            (
                "postgres://a:b?c@db?port=2",
                "postgres://a:b?c@db?connect_timeout=3&port=1&port=2",
            ),
            (
                "postgres://db/x?password=a@b",
                "postgres://db/x?connect_timeout=3&port=1&password=a@b",
            ),
            (
                "host=db password=postgres://x?connect_timeout",
                "connect_timeout=3 port=1 host=db password=postgres://x?connect_timeout",
            ),
        ] {
            assert_eq!(told(written), expected);
        }
    }
}
