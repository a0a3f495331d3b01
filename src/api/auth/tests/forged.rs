//! A token proves somebody only if all of it is as it should be.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};

use super::{
    super::{BadToken, Unauthenticated, Wanted, problem::LARGEST_TOKEN},
    issuer::{
        AUDIENCE, NAME, Pair, START, always, caller, claims, fixed, later, time, trusting,
        unsigned, with,
    },
};

/// The public half of an RSA key of 2048 bits, by which an attacker may pretend that a secret is shared.
const RSA_MODULUS: &str = concat!(
    "sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHod5pcM9H95GQRV3JDXboIRROSBigeC5yjU",
    "1hGzHHyXss8UDprecbAYxknTcQkhslANGRUZmdTOQ5qTRsLAt6BTYuyvVRdhS8exSZEy_c4gs_7svlJJQ4H9_NxsiIoLwAEk7-Q3",
    "UXERGYw_75IDrGA84-lA_-Ct4eTlXHBIY2EaV7t7LjJaynVJCpkv4LKjTTAumiGUIuQhrNhZLuF_RJLqHpM2kgWFLU7-VTdL1VbC",
    "2tejvcI2BlMkEpk1BzBZI0KQB0GaDWFLN-aEAw3vRw",
);

fn header(pair: &Pair) -> Value {
    json!({"alg": pair.algorithm(), "kid": "one", "typ": "at+jwt"})
}

#[tokio::test]
async fn only_a_token_of_the_issuer_for_this_service_proves_anything() {
    let (time, pair, other) = (time(), Pair::p256(), Pair::p256());
    let rsa = json!({"kty": "RSA", "kid": "rsa", "n": RSA_MODULUS, "e": "AQAB"});
    let shared = json!({"kty": "oct", "kid": "shared", "k": BASE64.encode("a secret")});
    let keys = fixed(&[pair.public("one"), rsa, shared]);
    let authentication = trusting(keys, &time).await;
    let honest = pair.token(&header(&pair), &claims());
    let proved = caller(&authentication, &honest).await.unwrap();
    assert_eq!(proved.subject, "ada");

    let signed = |claims: Value| pair.token(&header(&pair), &claims);
    let headed = |name: &str, value: Value| {
        let mut header = header(&pair);
        header[name] = value;
        pair.token(&header, &claims())
    };
    let hmac = |key: &[u8], id: &str| {
        let message = unsigned(&json!({"alg": "HS256", "kid": id}), &claims());
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
        let tag = ring::hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", BASE64.encode(tag))
    };
    let none = unsigned(&json!({"alg": "none"}), &claims());
    let [head, body, signature] = [0, 1, 2].map(|part| honest.split('.').nth(part).unwrap());
    let richer = BASE64.encode(with("roles", json!(["administrator"])).to_string());
    let forged = [
        ("no signature", format!("{none}.")),
        ("no signature, of an algorithm in other letters", {
            let none = unsigned(&json!({"alg": "nOnE"}), &claims());
            format!("{none}.")
        }),
        ("signature left out", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        ("four parts", format!("{honest}.{signature}")),
        (
            "other claims under the signature",
            format!("{head}.{richer}.{signature}"),
        ),
        (
            "HS256 with the RSA key",
            hmac(RSA_MODULUS.as_bytes(), "rsa"),
        ),
        (
            "HS256 with the RSA key, decoded",
            hmac(&BASE64.decode(RSA_MODULUS).unwrap(), "rsa"),
        ),
        ("HS256 with the shared key", hmac(b"a secret", "shared")),
        ("HS256 with the point of the curve", hmac(b"x", "one")),
        (
            "another key under the same id",
            other.token(&header(&pair), &claims()),
        ),
        ("an unknown key", headed("kid", json!("two"))),
        (
            "no key named, of several",
            pair.token(&json!({"alg": "ES256"}), &claims()),
        ),
        (
            "the algorithm of another key",
            headed("alg", json!("RS256")),
        ),
        (
            "another algorithm of the family",
            headed("alg", json!("ES384")),
        ),
        (
            "the address of a key",
            headed("jku", json!("https://evil.example/keys")),
        ),
        ("a key in the header", headed("jwk", other.public("one"))),
        (
            "the address of a certificate",
            headed("x5u", json!("https://evil.example/pem")),
        ),
        (
            "a certificate in the header",
            headed("x5c", json!(["MIIB"])),
        ),
        (
            "an unknown critical parameter",
            headed("crit", json!(["exp"])),
        ),
        ("a critical parameter that is known to some", {
            let header = json!({"alg": "ES256", "kid": "one", "crit": ["b64"], "b64": true});
            pair.token(&header, &claims())
        }),
        ("another kind of token", headed("typ", json!("logout+jwt"))),
        (
            "another issuer",
            signed(with("iss", json!("https://evil.example"))),
        ),
        (
            "an issuer that begins alike",
            signed(with("iss", json!(format!("{NAME}/")))),
        ),
        ("an issuer in a list", signed(with("iss", json!([NAME])))),
        ("no issuer", signed(with("iss", Value::Null))),
        ("another audience", signed(with("aud", json!("billing")))),
        (
            "an audience that begins alike",
            signed(with("aud", json!("redress2"))),
        ),
        (
            "other audiences",
            signed(with("aud", json!(["billing", "crm"]))),
        ),
        (
            "an audience that is a number",
            signed(with("aud", json!(7))),
        ),
        (
            "audiences one of which is a number",
            signed(with("aud", json!([AUDIENCE, 7]))),
        ),
        (
            "an audience that is an object",
            signed(with("aud", json!({AUDIENCE: true}))),
        ),
        ("no audience", signed(with("aud", Value::Null))),
        ("no subject", signed(with("sub", Value::Null))),
        ("an empty subject", signed(with("sub", json!(" ")))),
        ("a subject that is a number", signed(with("sub", json!(7)))),
        ("the service itself", signed(with("sub", json!("Redress")))),
        (
            "a name that looks like another",
            signed(with("sub", json!("\u{430}da"))),
        ),
        (
            "a long subject",
            signed(with("sub", json!("a".repeat(101)))),
        ),
        ("no expiry", signed(with("exp", Value::Null))),
        (
            "an expiry that is a text",
            signed(with("exp", json!("2030-01-01"))),
        ),
        ("a start that is a text", signed(with("nbf", json!("now")))),
        (
            "bound to a key",
            signed(with("cnf", json!({"x5t#S256": "abc"}))),
        ),
        ("roles that are a number", signed(with("roles", json!(7)))),
        (
            "brands that are an object",
            signed(with("brands", json!({"*": true}))),
        ),
        (
            "queues one of which is a number",
            signed(with("queues", json!(["a", 7]))),
        ),
        (
            "claims that are a list",
            pair.token(&header(&pair), &json!([1])),
        ),
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
    ];
    for (what, token) in forged {
        let refused = caller(&authentication, &token)
            .await
            .map(|p| p.subject.clone());
        assert!(
            matches!(refused, Err(Unauthenticated::Token(_))),
            "{what}: {refused:?}"
        );
        let said = refused.unwrap_err().to_string();
        assert!(
            !said.contains("evil") && !said.contains("ada"),
            "{what}: {said}"
        );
    }
    // The audience may be one of several.
    let several = signed(with("aud", json!(["billing", AUDIENCE])));
    caller(&authentication, &several).await.unwrap();
}

#[tokio::test]
async fn a_token_holds_for_half_a_minute_of_leeway_at_either_end_and_no_second_more() {
    let (time, pair) = (time(), Pair::ed25519(1));
    let authentication = trusting(fixed(&[pair.public("one")]), &time).await;
    let token = |claims: &Value| pair.token(&header(&pair), claims);
    // Both one that was verified before and one that is new.
    let known = token(&claims());
    caller(&authentication, &known).await.unwrap();
    for (seconds, holds) in [(3_599, true), (3_629, true), (3_630, false), (3_631, false)] {
        later(&time, seconds);
        let new = token(&with("jti", json!(seconds)));
        for token in [&known, &new] {
            let proved = caller(&authentication, token).await;
            assert_eq!(proved.is_ok(), holds, "{seconds} s: {proved:?}");
            let expired = Unauthenticated::Token(BadToken::Expired);
            assert!(holds || proved == Err(expired));
        }
    }
    let now = START + 3_631;
    for (from, holds) in [(now - 1, true), (now + 30, true), (now + 31, false)] {
        let mut claims = with("nbf", json!(from));
        claims["exp"] = json!(now + 3_600);
        let proved = caller(&authentication, &token(&claims)).await;
        assert_eq!(proved.is_ok(), holds, "{from}: {proved:?}");
    }
    // Parts of a second count.
    let mut claims = with("exp", json!(now as f64 - 30.5));
    assert!(caller(&authentication, &token(&claims)).await.is_err());
    claims["exp"] = json!(now as f64 - 29.5);
    caller(&authentication, &token(&claims)).await.unwrap();
}

#[tokio::test]
async fn a_token_of_more_than_8_kib_is_not_even_looked_at() {
    let (time, pair) = (time(), Pair::ed25519(1));
    let authentication = trusting(fixed(&[pair.public("one")]), &time).await;
    let padded = |length: usize| {
        let claims = with("pad", json!("x".repeat(length)));
        pair.token(&header(&pair), &claims)
    };
    let fits = (5_000..6_500)
        .map(padded)
        .rfind(|token| token.len() <= LARGEST_TOKEN);
    caller(&authentication, &fits.unwrap()).await.unwrap();
    let refused = caller(&authentication, &padded(9 * 1024)).await;
    assert_eq!(refused, Err(Unauthenticated::Token(BadToken::TooLarge)));
}

#[tokio::test]
async fn a_call_brings_one_bearer_token_or_is_refused() {
    use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};

    let (time, pair) = (time(), Pair::ed25519(1));
    let authentication = trusting(fixed(&[pair.public("one")]), &time).await;
    let token = pair.token(&header(&pair), &claims());
    let refused = authentication.caller(&HeaderMap::new(), None, always).await;
    assert_eq!(
        refused.unwrap_err(),
        Unauthenticated::Nothing(Wanted::Token)
    );
    let value = |text: String| HeaderValue::from_str(&text).unwrap();
    for wrong in [token.clone(), format!("Basic {token}"), "Bearer".to_owned()] {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value(wrong.clone()))]);
        let refused = authentication.caller(&headers, None, always).await;
        assert_eq!(
            refused.unwrap_err(),
            Unauthenticated::Token(BadToken::Form),
            "{wrong}"
        );
    }
    let mut twice = HeaderMap::new();
    twice.append(AUTHORIZATION, value(format!("Bearer {token}")));
    twice.append(AUTHORIZATION, value(format!("Bearer {token}")));
    assert!(authentication.caller(&twice, None, always).await.is_err());
    let lower = HeaderMap::from_iter([(AUTHORIZATION, value(format!("bearer {token}")))]);
    authentication.caller(&lower, None, always).await.unwrap();
}

/// A call with a token that is known costs a look-up: far less than a signature. Compared and not timed, so that a slow machine
/// fails nothing.
#[tokio::test]
async fn a_token_that_is_known_costs_a_fraction_of_a_new_one() {
    use crate::time_source::Stopwatch;

    const CALLS: i64 = 300;
    let (time, pair) = (time(), Pair::p256());
    let authentication = trusting(fixed(&[pair.public("one")]), &time).await;
    let new = (0..CALLS).map(|number| pair.token(&header(&pair), &with("jti", json!(number))));
    let new: Vec<String> = new.collect();
    let verifying = Stopwatch::start();
    for token in &new {
        caller(&authentication, token).await.unwrap();
    }
    let verifying = verifying.elapsed();
    let looking_up = Stopwatch::start();
    for token in &new {
        caller(&authentication, token).await.unwrap();
    }
    let looking_up = looking_up.elapsed();
    assert!(looking_up * 2 < verifying, "{looking_up:?} {verifying:?}");
}
