//! Brands, and what is read in the way of one.

use std::sync::Arc;

use super::{Check, SHORT};
use crate::{
    brand::{Brand, BrandBook},
    domain::notice::Language,
    policy::known,
};

impl Check {
    /// The brands that are known.
    pub(crate) fn brands(&self) -> &BrandBook {
        &self.brands
    }

    /// The brand of a filing: the one that is named, or the only one there is.
    pub(crate) fn brand(&mut self, field: &str, name: &str) -> Option<Arc<Brand>> {
        let given = self.optional(field, name, SHORT);
        if given.is_none() && !name.trim().is_empty() {
            // What is wrong with it was noted.
            return None;
        }
        match self.brands.of_filing(given.as_deref()) {
            Ok(brand) => Some(Arc::clone(brand)),
            Err(unknown) => {
                self.violation(field, unknown.to_string());
                None
            }
        }
    }

    /// The name of a brand that has, or once had, complaints; `None` if no name was given.
    pub(crate) fn known_brand(&mut self, field: &str, name: &str) -> Option<String> {
        let brands = Arc::clone(&self.brands);
        self.known(field, name, brands.names())
    }

    /// One of the languages in which the brand writes; where none was given, its default.
    pub(crate) fn language(
        &mut self,
        field: &str,
        number: i32,
        brand: Option<&Brand>,
    ) -> Option<Language> {
        let default = brand.map_or(Language::English, |brand| brand.default_language);
        let language = self.choice_or(field, number, default)?;
        if let Some(brand) = brand.filter(|brand| !brand.languages.contains(&language)) {
            let known = brand.languages.iter().map(|language| language.as_str());
            let said = known::expected(language.as_str(), known);
            self.violation(
                field,
                format!("{said}, the languages of the brand {}", brand.name()),
            );
            return None;
        }
        Some(language)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{
        super::{Choice as _, tests::check},
        *,
    };

    #[test]
    fn the_only_brand_is_taken_where_none_is_named_and_an_unknown_one_is_refused() {
        let mut check = check();
        assert_eq!(check.brand("brand", "").unwrap().name(), "jive");
        assert_eq!(check.brand("brand", " jive ").unwrap().name(), "jive");
        assert!(check.brand("brand", "jibe").is_none());
        assert_eq!(check.only(), "must be one of jive; did you mean jive?");
    }

    #[test]
    fn a_customer_is_written_to_in_a_language_of_the_brand() {
        let harbour = include_str!("../../../brands/harbour.toml");
        let harbour = Brand::parse("harbour.toml", harbour).unwrap();
        let mut check = check();
        let french = Language::French.number();
        assert_eq!(
            check.language("language", 0, Some(&harbour)),
            Some(Language::English)
        );
        assert_eq!(
            check.language("language", french, None),
            Some(Language::French)
        );
        assert_eq!(check.language("language", french, Some(&harbour)), None);
        assert!(
            check.only().ends_with("of the brand harbour"),
            "{}",
            check.only()
        );
    }
}
