//! What a brand must satisfy before it is used: the checks that the form of the file cannot express.

mod fault;
mod texts;

use std::{collections::BTreeMap, fmt::Display};

use email_address::{EmailAddress, Options};
use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use toml::Spanned;

pub(super) use self::fault::Fault;
pub(crate) use self::fault::is_name_of_brand;
use self::fault::{name, offered};
use super::{
    file::BrandFile,
    pack::{Brand, BrandRef, Contact, e164},
};
use crate::{
    calendar::version_of,
    domain::{ContactMeans, TrackingPrefix, WRITTEN, notice::Language},
    policy::Channel,
    writing,
};

/// The longest line that customers read: a title, a telephone number, an address. In characters.
const LONGEST_LINE: usize = 300;
/// The longest source, in characters.
const LONGEST_SOURCE: usize = 1_000;
/// RFC 5321, 4.5.3.1.3, without the brackets. In octets.
const LONGEST_ADDRESS: usize = 254;

/// Checks a file and makes it a brand.
pub(super) fn check(written: &BrandFile, text: &str) -> Result<Brand, Fault> {
    name(&written.name)?;
    line("title", &written.title)?;
    if written.source.get_ref().chars().count() > LONGEST_SOURCE {
        let reason = format!("`source` has more than {LONGEST_SOURCE} characters");
        return Err(Fault::at(&written.source, reason));
    }
    name(&written.policy)?;
    let prefix = written.tracking_prefix.get_ref().parse::<TrackingPrefix>();
    let tracking_prefix =
        prefix.map_err(|error| Fault::at(&written.tracking_prefix, error.to_string()))?;
    let home_region = home_region(&written.home_region)?;
    let languages = unique("languages", &written.languages)?;
    let default_language = *written.default_language.get_ref();
    if !languages.contains(&default_language) {
        let reason = format!("`{default_language}` is not among languages");
        return Err(Fault::at(&written.default_language, reason));
    }
    let means = unique("means", &written.means)?;
    if let Some(sender) = &written.mail_sender {
        mail_address(sender.get_ref()).map_err(|reason| Fault::at(sender, reason))?;
    }
    let notices_by = match &written.notices_by {
        None => WRITTEN.to_vec(),
        Some(place) => notices_by(place)?,
    };
    let contact = contact(written, &languages, &means, home_region)?;
    let texts = texts::load(written, text, &languages, &means, &contact)?;
    Ok(Brand {
        reference: BrandRef {
            name: written.name.get_ref().clone(),
            version: version_of(text),
        },
        title: written.title.get_ref().clone(),
        source: written.source.get_ref().clone(),
        policy: written.policy.get_ref().clone(),
        tracking_prefix,
        home_region,
        languages,
        default_language,
        means,
        mail_sender: written.mail_sender.as_ref().map(|it| it.get_ref().clone()),
        notices_by,
        contact,
        texts: texts.into(),
        text: text.to_owned(),
    })
}

/// The means by which the brand writes. A chat is over once the customer has gone.
fn notices_by(place: &Spanned<Vec<Spanned<ContactMeans>>>) -> Result<Vec<ContactMeans>, Fault> {
    let means = unique("notices_by", place)?;
    if means.contains(&ContactMeans::Chat) {
        let reason =
            "`chat` is no means by which a notice is sent: it is told in it, or by another means";
        return Err(Fault::at(place, reason));
    }
    Ok(means)
}

/// What customers read on one line.
fn line(field: &str, place: &Spanned<String>) -> Result<(), Fault> {
    one_line(field, place.get_ref()).map_err(|reason| Fault::at(place, reason))
}

fn one_line(field: &str, value: &str) -> Result<(), String> {
    if value.trim().is_empty() {
        return Err(format!("`{field}` is empty: leave it out if there is none"));
    }
    if value.trim() != value {
        return Err(format!("`{field}` begins or ends with a space: remove it"));
    }
    if value.chars().count() > LONGEST_LINE {
        return Err(format!("`{field}` has more than {LONGEST_LINE} characters"));
    }
    match writing::unfit_in_line(value) {
        Some(unfit) => Err(format!(
            "`{field}` has {unfit}: it is one line of characters that can be seen"
        )),
        None => Ok(()),
    }
}

fn home_region(place: &Spanned<String>) -> Result<Region, Fault> {
    let code = place.get_ref();
    let region = Region::from_code(code).ok();
    let region = region.filter(|region| region.as_region_str().as_str() == code);
    let known = region.filter(|region| {
        PHONE_NUMBER_UTIL
            .get_supported_regions()
            .any(|supported| supported == *region)
    });
    known.ok_or_else(|| {
        let reason = "expected the two letters of a country, as in ISO 3166, such as \"GB\"";
        Fault::at(place, reason)
    })
}

fn mail_address(address: &str) -> Result<(), &'static str> {
    let options = Options::default()
        .with_required_tld()
        .without_domain_literal()
        .without_display_text();
    let fits = address.len() <= LONGEST_ADDRESS
        && EmailAddress::parse_with_options(address, options).is_ok();
    match fits {
        true => Ok(()),
        false => Err("expected a mail address such as complaints@example.com"),
    }
}

/// Where answers to its mail go, if it sends any.
fn reply_to(address: &str, written: &BrandFile) -> Result<(), String> {
    mail_address(address).map_err(|reason| format!("`reply_to`: {reason}"))?;
    match written.mail_sender {
        Some(_) => Ok(()),
        None => {
            Err("`reply_to` needs a `mail_sender`: without one the brand sends no mail".to_owned())
        }
    }
}

/// The words of a list that names at least one, and none twice.
fn unique<T: Copy + PartialEq + Display>(
    field: &str,
    list: &Spanned<Vec<Spanned<T>>>,
) -> Result<Vec<T>, Fault> {
    let mut words: Vec<T> = Vec::new();
    for place in list.get_ref() {
        let word = *place.get_ref();
        if words.contains(&word) {
            return Err(Fault::at(
                place,
                format!("`{word}` is already in this list"),
            ));
        }
        words.push(word);
    }
    if words.is_empty() {
        return Err(Fault::at(list, format!("`{field}` names at least one")));
    }
    Ok(words)
}

/// The contact data in each of the languages, and in no other; of the means that are offered, and of no others.
fn contact(
    written: &BrandFile,
    languages: &[Language],
    means: &[Channel],
    home: Region,
) -> Result<BTreeMap<Language, Contact>, Fault> {
    for (language, place) in &written.contact {
        offered(language, languages)?;
        let contact = place.get_ref();
        for (field, value) in contact.given() {
            one_line(field, value).map_err(|reason| Fault::at(place, reason))?;
        }
        if let Some(address) = &contact.reply_to {
            reply_to(address, written).map_err(|reason| Fault::at(place, reason))?;
        }
        let number = contact.phone.as_deref();
        if let Some(number) = number.filter(|number| e164(number, home).is_none()) {
            let reason = format!("{number:?} is no telephone number that can be called from there");
            return Err(Fault::at(place, reason));
        }
        for (channel, field, given) in [
            (Channel::Phone, "phone", &contact.phone),
            (Channel::Mail, "mail", &contact.mail),
        ] {
            let reason = match (means.contains(&channel), given.is_some()) {
                (true, false) => {
                    format!("`{channel}` is among means: say here with `{field}` where")
                }
                (false, true) => format!(
                    "`{channel}` is not among means, so no letter names it: add it there, or leave `{field}` out"
                ),
                _ => continue,
            };
            return Err(Fault::at(place, reason));
        }
    }
    let contact: BTreeMap<Language, Contact> = written
        .contact
        .iter()
        .map(|(language, place)| (*language.get_ref(), place.get_ref().clone()))
        .collect();
    match languages
        .iter()
        .find(|language| !contact.contains_key(language))
    {
        Some(language) => {
            let reason = format!("add [contact.{language}]: it is among languages");
            Err(Fault::at(&written.languages, reason))
        }
        None => Ok(contact),
    }
}
