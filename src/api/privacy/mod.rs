//! What a person may ask for, beside what changes a complaint.

mod export;
mod find;
mod reads;
