//! The words of the API's enums on the command line.

use std::{ffi::OsStr, marker::PhantomData};

use clap::{
    Arg, Command,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

use crate::{client::Worded, policy::known::spelled_alike};

/// Accepts the words of an enum in any spelling: `in-review`, `In review`, `IN_REVIEW`.
#[derive(Debug, Clone)]
pub(super) struct AnySpelling<E>(PhantomData<fn() -> E>);

impl<E> AnySpelling<E> {
    pub(super) const fn new() -> Self {
        AnySpelling(PhantomData)
    }
}

impl<E: Worded + Send + Sync> TypedValueParser for AnySpelling<E> {
    type Value = E;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        typed: &OsStr,
    ) -> Result<E, clap::Error> {
        let meant = typed.to_str().and_then(|typed| {
            let mut values = E::VALUES.iter().copied();
            values.find(|value| value.word().is_some_and(|word| spelled_alike(typed, word)))
        });
        match meant {
            Some(value) => Ok(value),
            None => {
                let words = E::VALUES.iter().filter_map(|value| value.word());
                let refused = PossibleValuesParser::new(words).parse_ref(command, arg, typed);
                // What is no spelling of any word is none of the words.
                Err(refused
                    .err()
                    .unwrap_or_else(|| clap::Error::new(clap::error::ErrorKind::InvalidValue)))
            }
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let words = E::VALUES.iter().filter_map(|value| value.word());
        Some(Box::new(words.map(PossibleValue::new)))
    }
}
