//! Certificates prove whom the file says, and a file that is wrong says what is.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use http::HeaderMap;

use super::{
    super::{
        AlternativeName, Authentication, ClientCertificate, ClientSubjects, ClientSubjectsError,
        ClientSubjectsFile, Unauthenticated, problem::BadCertificate,
    },
    issuer::always,
};
use crate::{
    access::{Caller, Principal, Queues, Role},
    telemetry::test_writer::TestWriter,
};

struct Written {
    folder: tempfile::TempDir,
}

impl Written {
    fn new(text: impl AsRef<[u8]>) -> Self {
        let written = Written {
            folder: tempfile::tempdir().unwrap(),
        };
        written.write(text);
        written
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("subjects.toml")
    }

    fn write(&self, text: impl AsRef<[u8]>) {
        fs::write(self.path(), text).unwrap();
    }

    fn load(&self) -> Result<ClientSubjects, ClientSubjectsError> {
        ClientSubjects::load(ClientSubjectsFile {
            file: self.path(),
            look_every: Duration::from_secs(30),
        })
    }
}

const GOOD: &str = r#"
[[client]]
subject = "crm"
uris = ["spiffe://example.org/crm", "spiffe://example.org/crm-2"]
dns = ["crm.Example.org"]
emails = ["crm@example.org"]
ips = ["2001:db8::1", "192.0.2.1"]
roles = ["integration", "auditor"]
brands = ["jive"]

[[client]]
subject = "Équipe Facturation"
uris = ["spiffe://example.org/billing"]
roles = ["adviser"]
brands = ["*"]
queues = ["Équipe Facturation", "-"]

[[client]]
subject = "nightly"
dns = ["nightly.example.org"]
roles = ["operator"]
"#;

fn uri(name: &str) -> AlternativeName {
    AlternativeName::Uri(name.to_owned())
}

async fn caller(
    subjects: &ClientSubjects,
    certificate: &ClientCertificate,
) -> Result<Arc<Principal>, Unauthenticated> {
    let authentication = Authentication::off().and_by_certificates(Some(subjects.clone()));
    let headers = HeaderMap::new();
    let known = authentication.caller(&headers, Some(certificate), always);
    match known.await? {
        Caller::Known(principal) => Ok(principal),
        Caller::Anyone => panic!("a certificate proves somebody"),
    }
}

#[tokio::test]
async fn a_certificate_proves_the_subject_that_one_of_its_names_is_mapped_to() {
    let written = Written::new(GOOD);
    let subjects = written.load().unwrap();
    let crm = [
        uri("spiffe://example.org/crm"),
        AlternativeName::dns("CRM.example.ORG"),
        AlternativeName::Email("crm@example.org".to_owned()),
        AlternativeName::Ip("2001:db8:0::1".parse().unwrap()),
        AlternativeName::Ip("192.0.2.1".parse().unwrap()),
    ];
    let mut shown: Vec<Vec<AlternativeName>> = crm.iter().map(|name| vec![name.clone()]).collect();
    shown.push(crm.to_vec());
    // A name that is not mapped takes nothing away.
    shown.push(vec![uri("spiffe://example.org/other"), crm[0].clone()]);
    for names in shown {
        let proved = caller(&subjects, &ClientCertificate::of(names.clone())).await;
        let proved = proved.unwrap();
        assert_eq!(proved.subject, "crm", "{names:?}");
        assert_eq!(proved.roles, [Role::Integration, Role::Auditor].into());
        assert!(proved.scope.includes("jive", None) && !proved.scope.includes("harbour", None));
    }
    let billing = vec![uri("spiffe://example.org/billing")];
    let billing = caller(&subjects, &ClientCertificate::of(billing)).await;
    let mut queues = Queues::of(["équipe facturation"]);
    queues.unassigned = true;
    let scope = &billing.as_ref().unwrap().scope;
    assert_eq!(
        (&scope.brands, &scope.queues),
        (&None, &Some(queues)),
        "{billing:?}"
    );
    let nightly = vec![AlternativeName::dns("nightly.example.org")];
    let nightly = caller(&subjects, &ClientCertificate::of(nightly)).await;
    assert!(!nightly.unwrap().scope.includes_brand("jive"));
}

#[tokio::test]
async fn names_of_nobody_or_of_two_prove_nothing_and_are_all_that_is_repeated() {
    let subjects = Written::new(GOOD).load().unwrap();
    let proof = async |names: &[AlternativeName]| {
        let refused = caller(&subjects, &ClientCertificate::of(names.to_vec())).await;
        let Err(Unauthenticated::Certificate(refused)) = refused else {
            panic!("{refused:?}");
        };
        refused
    };
    assert_eq!(proof(&[]).await, BadCertificate::NoName);
    for unknown in [
        uri("spiffe://example.org/crm/"),
        uri("SPIFFE://example.org/crm"),
        // The same text as another kind of name.
        uri("crm.example.org"),
        AlternativeName::dns("example.org"),
        AlternativeName::dns("sub.crm.example.org"),
        AlternativeName::Email("CRM@example.org".to_owned()),
        AlternativeName::Ip("::ffff:192.0.2.1".parse().unwrap()),
    ] {
        let refused = proof(std::slice::from_ref(&unknown)).await;
        assert!(matches!(refused, BadCertificate::Unknown(_)), "{unknown:?}");
        let said = refused.to_string();
        assert!(said.contains(&unknown.to_string()), "{said}");
        assert!(said.contains("--client-subjects"), "{said}");
    }
    let two = [
        uri("spiffe://example.org/crm"),
        uri("spiffe://example.org/billing"),
    ];
    let refused = proof(&two).await;
    assert!(matches!(refused, BadCertificate::Several(_)));
    let said = refused.to_string();
    assert!(said.contains("spiffe://example.org/crm, spiffe://example.org/billing"));
    assert!(!said.contains("Facturation"), "{said}");
    // However much there is of it.
    let long = uri(&format!(
        "spiffe://example.org/\u{202e}{}",
        "é".repeat(5_000)
    ));
    let many: Vec<_> = (0..3_000).map(|_| long.clone()).collect();
    let said = proof(&many).await.to_string();
    assert!(said.chars().count() < 1_000 && said.contains('…'), "{said}");
    assert!(!said.contains('\u{202e}'), "{said:?}");
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_place_and_what_to_do() {
    let client = |more: &str| {
        format!(
            "[[client]]\nsubject = \"crm\"\nuris = [\"spiffe://a/b\"]\nroles = [\"adviser\"]\n{more}\n"
        )
    };
    let second = |subject: &str, names: &str| {
        client("")
            + &format!("[[client]]\nsubject = \"{subject}\"\n{names}\nroles = [\"adviser\"]\n")
    };
    let changed = |from: &str, to: &str| client("").replace(from, to);
    let name = |kind: &str, name: &str| client(&format!("{kind} = [\"{name}\"]"));
    for (text, place, says) in [
        (String::new(), "1:1", "[[client]]"),
        ("client = []".to_owned(), "1:1", "[[client]]"),
        ("[[client]".to_owned(), "1:", ""),
        (client("role = []"), "5:1", "unknown field `role`"),
        (
            changed("adviser", "boss"),
            "4:10",
            "expected one of `adviser`",
        ),
        (changed("[\"adviser\"]", "[]"), "4:9", "no role"),
        (
            changed("roles = [\"adviser\"]", ""),
            "1:1",
            "missing field `roles`",
        ),
        (
            changed("subject = \"crm\"", ""),
            "1:1",
            "missing field `subject`",
        ),
        (changed("crm", ""), "2:11", "1 to 100 characters"),
        (changed("crm", "redress"), "2:11", "the service itself"),
        (changed("crm", "--"), "2:11", "a letter or a digit"),
        (
            changed("\"spiffe://a/b\"", ""),
            "1:1",
            "uris, dns, emails and ips",
        ),
        (second("bea", "uris = [\"spiffe://a/b\"]"), "8:9", "line 3"),
        (
            second("bea", "uris = [\"spiffe://a/c\", \"spiffe://a/c\"]"),
            "8:25",
            "line 8",
        ),
        (second("bea", "dns = [\"a.b\", \"A.B\"]"), "8:15", "line 8"),
        (
            second("bea", "ips = [\"2001:db8::1\", \"2001:db8:0::1\"]"),
            "8:23",
            "line 8",
        ),
        (second("CRM", "uris = [\"spiffe://a/c\"]"), "7:11", "line 2"),
        (name("uris", ""), "5:1", "duplicate key"),
        (
            changed("spiffe://a/b", "spiffe://a/*"),
            "3:9",
            "no patterns",
        ),
        (changed("spiffe://a/b", "a/b"), "3:9", "a URI is wanted"),
        (changed("spiffe://a/b", "spiffe:"), "3:9", "a URI is wanted"),
        (name("dns", "*.example.org"), "5:8", "no patterns"),
        (
            name("dns", "example.org."),
            "5:8",
            "a name of DNS is wanted",
        ),
        (name("dns", ""), "5:8", "a name of DNS is wanted"),
        (
            name("emails", "example.org"),
            "5:11",
            "an e-mail address is wanted",
        ),
        (name("emails", "*@example.org"), "5:11", "no patterns"),
        (
            name("ips", "192.0.2.0/24"),
            "5:8",
            "an IP address is wanted",
        ),
        (client("brands = [\"Jive!\"]"), "5:11", "lower-case letters"),
        (
            client("queues = [\"Billing\", \"\"]"),
            "5:22",
            "- for what is assigned to nobody",
        ),
        (client("# \u{202e}"), "5:3", "U+202E"),
        (client(&"#".repeat(1 << 20)), "", "more than 1024 KiB"),
    ] {
        let written = Written::new(&text);
        let refused = written.load().map(|_| ()).unwrap_err().to_string();
        let shown: String = text.chars().take(200).collect();
        let at = format!("subjects.toml:{place}");
        assert!(
            refused.contains(at.trim_end_matches(':')),
            "{refused}\n{shown}"
        );
        assert!(refused.contains(says), "{refused}\n{shown}");
    }
    let refused = Written::new([0xff]).load().map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("UTF-8"), "{refused}");
    let missing = Written::new(GOOD);
    fs::remove_file(missing.path()).unwrap();
    let refused = missing.load().map(|_| ()).unwrap_err();
    assert!(
        matches!(refused, ClientSubjectsError::Unreadable { .. })
            && refused.to_string().contains("subjects.toml"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_changed_file_holds_for_certificates_that_were_shown_before_and_a_wrong_one_is_said_once()
{
    let written = Written::new(GOOD);
    let subjects = written.load().unwrap();
    let crm = ClientCertificate::of(vec![uri("spiffe://example.org/crm")]);
    let known = caller(&subjects, &crm).await.unwrap();
    let again = caller(&subjects, &crm).await.unwrap();
    assert!(Arc::ptr_eq(&known, &again));
    for (text, lines) in [(GOOD, 0), ("[[client", 1), ("", 1)] {
        let log = TestWriter::default();
        tracing::subscriber::with_default(log.subscriber(), || {
            written.write(text);
            subjects.look();
            subjects.look();
        });
        let said = log.text();
        assert_eq!(said.lines().count(), lines, "{said}");
        assert_eq!(
            said.contains("ERROR") && said.contains("subjects.toml"),
            lines > 0
        );
        assert!(Arc::ptr_eq(&known, &caller(&subjects, &crm).await.unwrap()));
    }
    written.write(GOOD.replace("integration", "adviser"));
    subjects.look();
    let changed = caller(&subjects, &crm).await.unwrap();
    assert_eq!(changed.roles, [Role::Adviser, Role::Auditor].into());
    written.write(GOOD.replace("org/crm\"", "org/crm-1\""));
    subjects.look();
    let gone = caller(&subjects, &crm).await.unwrap_err();
    assert!(matches!(gone, Unauthenticated::Certificate(_)), "{gone}");
    // As good as before, after what was wrong.
    fs::remove_file(written.path()).unwrap();
    subjects.look();
    written.write(GOOD);
    subjects.look();
    assert_eq!(caller(&subjects, &crm).await.unwrap(), known);
}
