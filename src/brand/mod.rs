//! Brands as data: whom a customer deals with. A brand has a name, contact data and texts in its languages, a prefix of its
//! tracking numbers, a home region for telephone numbers, and the policy of what is filed with it. It is immutable: its
//! version is the digest of its text.

mod book;
mod check;
mod file;
mod pack;
mod parse;
mod preview;
#[cfg(test)]
mod tests;

pub(crate) use self::check::is_name_of_brand;
pub use self::{
    book::{BrandBook, BrandConflict, UnknownBrand},
    pack::{Brand, BrandRef, Contact},
    parse::BrandError,
};
