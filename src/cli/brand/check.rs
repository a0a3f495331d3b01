//! `redress brand check`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::{
    app::text_of,
    brand::{Brand, BrandBook},
    calendar::CalendarBook,
    cli::{Failure, checked},
    policy::PolicyBook,
    terminal::Terminal,
};

/// What `brand check` needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Prints a line for each file: its name, version and languages, or file:line:column and what is wrong. The files are checked \
together, as they would be served. Ends with 1 if any file is wrong.

Examples:
  redress brand check my-brand.toml
  redress brand check brands/*.toml --policy my-code")]
pub struct BrandCheckArgs {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A policy that brands may refer to, in addition to the built-in ones; may be repeated.
    #[arg(long = "policy", value_name = "NAME")]
    pub policies: Vec<String>,
}

/// Checks every file, by itself and with those before it, and reports every one before it says whether any is wrong.
pub(super) fn run(args: &BrandCheckArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let policies = PolicyBook::builtin(&CalendarBook::builtin()?)?;
    let mut known = policies.names();
    known.extend(args.policies.iter().map(String::as_str));
    let mut book = BrandBook::default();
    let reported: Vec<Result<String, String>> = args
        .files
        .iter()
        .map(|file| {
            let brand = read(file)?;
            let name = file.display();
            book.accepts(&brand, known.iter().copied())
                .map_err(|conflict| format!("{name}: {conflict}"))?;
            let languages = brand.languages.iter().map(|language| language.as_str());
            let languages: Vec<&str> = languages.collect();
            let (is, version) = (brand.name(), brand.version());
            let holds = format!(
                "{name}: {is} version {version}, in {}",
                languages.join(", ")
            );
            book.insert(brand);
            Ok(holds)
        })
        .collect();
    match checked::tell(reported, terminal)? {
        0 => Ok(()),
        wrong => Err(Failure::WrongBrands {
            wrong,
            checked: args.files.len(),
        }),
    }
}

fn read(file: &Path) -> Result<Brand, String> {
    let name = file.display().to_string();
    let text = text_of(file).map_err(|error| format!("{name}: {error}"))?;
    Brand::parse(&name, &text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;
    use crate::terminal::Page;

    fn checked(files: &[PathBuf]) -> (Result<(), Failure>, String) {
        let page = Page::default();
        let args = BrandCheckArgs {
            files: files.to_vec(),
            policies: Vec::new(),
        };
        let result = run(&args, &mut Terminal::plain(page.clone()));
        (result, page.text())
    }

    #[test]
    fn every_file_is_reported_and_the_files_are_checked_together() {
        let jive = include_str!("../../../brands/jive.toml");
        let harbour = include_str!("../../../brands/harbour.toml");
        let folder = tempfile::tempdir().unwrap();
        let give = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let good = [give("jive.toml", jive), give("harbour.toml", harbour)];
        let (result, text) = checked(&good);
        result.unwrap();
        assert!(
            text.contains("jive version ") && text.contains(", in en, fr, es, de"),
            "{text}"
        );
        let same_prefix = give("same.toml", &harbour.replacen("\"HM\"", "\"RD\"", 1));
        let broken = give("broken.toml", &harbour.replacen("\"GB\"", "\"XX\"", 1));
        let files = [good[0].clone(), same_prefix, broken];
        let (result, text) = checked(&files);
        assert!(matches!(
            result,
            Err(Failure::WrongBrands {
                wrong: 2,
                checked: 3
            })
        ));
        assert!(
            text.contains("already has the tracking prefix RD"),
            "{text}"
        );
        let line = harbour
            .lines()
            .position(|line| line.contains("home_region"))
            .unwrap()
            + 1;
        assert!(text.contains(&format!("broken.toml:{line}:")), "{text}");
    }
}
