//! Data subject requests, except for changes to complaints.

mod export;
mod find;
mod reads;
