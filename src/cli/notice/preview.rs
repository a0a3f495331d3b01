//! `redress notice preview`.

use std::path::Path;

use clap::Args;

use crate::{
    app::text_of,
    brand::{Brand, BrandBook},
    calendar::CalendarBook,
    cli::Failure,
    domain::notice::{Language, NoticeKind},
    policy::{PolicyBook, known},
    terminal::Terminal,
    time_source::{SystemTime, TimeSource as _},
};

/// What `notice preview` needs.
#[derive(Debug, Args)]
#[command(after_help = "\
What an adviser would write stands in brackets. The levels and the independent body are those of the brand's policy.

Examples:
  redress notice preview jive outcome_proposed --language fr
  redress notice preview my-brand.toml recourse --policy uk-ofcom")]
pub struct PreviewArgs {
    /// A brand file, or the name of the built-in brand.
    #[arg(value_name = "BRAND")]
    pub brand: String,
    /// The kind of notice, such as `acknowledgement`.
    #[arg(value_name = "KIND", value_parser = word::<NoticeKind>)]
    pub kind: NoticeKind,
    /// The language [default: the brand's default language].
    #[arg(long, value_name = "CODE", value_parser = word::<Language>)]
    pub language: Option<Language>,
    /// The built-in policy [default: the brand's own].
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
}

/// Any of the words of a closed set; what is none is told with all of them.
trait Words: std::str::FromStr + Copy + 'static {
    fn all() -> Vec<&'static str>;
}

impl Words for NoticeKind {
    fn all() -> Vec<&'static str> {
        NoticeKind::ALL.map(NoticeKind::as_str).to_vec()
    }
}

impl Words for Language {
    fn all() -> Vec<&'static str> {
        Language::ALL.map(Language::as_str).to_vec()
    }
}

fn word<T: Words>(typed: &str) -> Result<T, String> {
    let plain = typed.replace('-', "_");
    plain.parse().map_err(|_| known::expected(typed, T::all()))
}

pub(super) fn run(args: &PreviewArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let brand = brand(&args.brand)?;
    let policies = PolicyBook::builtin(&CalendarBook::builtin()?)?;
    let name = args.policy.as_ref().unwrap_or(&brand.policy);
    let now = SystemTime.now();
    let policy = policies.binding(name, now);
    let policy = policy.ok_or_else(|| Failure::Preview(policies.unknown(name).to_string()))?;
    let language = args.language.unwrap_or(brand.default_language);
    let notice = brand.preview(args.kind, language, &policy, now);
    let notice = notice.map_err(|error| Failure::Preview(error.to_string()))?;
    terminal.line(notice.text)?;
    Ok(())
}

fn brand(named: &str) -> Result<Brand, Failure> {
    if let Some(builtin) = BrandBook::builtin()?.get(named) {
        return Ok(Brand::clone(builtin));
    }
    let file = Path::new(named);
    let text = text_of(file).map_err(|source| Failure::Unreadable {
        file: file.to_path_buf(),
        source,
    })?;
    Ok(Brand::parse(named, &text)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::terminal::Page;

    fn previewed(brand: &str, kind: NoticeKind, language: Option<Language>) -> String {
        let page = Page::default();
        let args = PreviewArgs {
            brand: brand.to_owned(),
            kind,
            language,
            policy: None,
        };
        run(&args, &mut Terminal::plain(page.clone())).unwrap();
        page.text()
    }

    #[test]
    fn every_notice_of_every_brand_can_be_seen_before_a_customer_reads_it() {
        let harbour = concat!(env!("CARGO_MANIFEST_DIR"), "/brands/harbour.toml");
        for kind in NoticeKind::ALL {
            let text = previewed(harbour, kind, None);
            assert!(
                text.contains("HM-") && text.contains("Harbour Mobile"),
                "{kind}:\n{text}"
            );
            for language in Language::ALL {
                let text = previewed("jive", kind, Some(language));
                assert!(text.contains("RD-"), "{language}/{kind}:\n{text}");
            }
        }
        let text = previewed("jive", NoticeKind::Recourse, Some(Language::French));
        assert!(text.contains("CPRST"), "{text}");
        assert!(
            word::<NoticeKind>("acknowledgment")
                .unwrap_err()
                .ends_with("did you mean acknowledgement?")
        );
        assert_eq!(
            word::<NoticeKind>("promise-changed"),
            Ok(NoticeKind::PromiseChanged)
        );
    }
}
