//! The record of reads of personal data, as options of the service and of the client's commands.

use clap::{Args, ValueEnum};

use crate::api::read_record::{Keeping, ReadRecordSettings};

/// How the service records who reads personal data.
#[derive(Debug, Args)]
pub struct ReadRecordArgs {
    /// Whether personal data are returned even while reads cannot be recorded, because the database does not accept the
    /// records.
    #[arg(
        long,
        env = "REDRESS_READ_RECORD",
        value_name = "WHETHER",
        default_value = "required"
    )]
    pub read_record: ReadRecordMode,

    /// For how many days the records of reads of personal data are kept.
    #[arg(
        long,
        env = "REDRESS_READ_RECORD_DAYS",
        value_name = "DAYS",
        default_value_t = ReadRecordSettings::DAYS,
        value_parser = clap::value_parser!(u32).range(1..=36_500)
    )]
    pub read_record_days: u32,
}

/// Whether personal data are returned even while reads cannot be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReadRecordMode {
    /// They are not: calls that would return some are refused.
    Required,
    /// They are, and lost records are counted.
    BestEffort,
}

impl ReadRecordArgs {
    /// What these options ask for.
    #[must_use]
    pub fn settings(&self) -> ReadRecordSettings {
        let keeping = match self.read_record {
            ReadRecordMode::Required => Keeping::Required,
            ReadRecordMode::BestEffort => Keeping::BestEffort,
        };
        ReadRecordSettings::kept_for(keeping, self.read_record_days)
    }
}

/// The purpose of reading personal data.
#[derive(Debug, Clone, Args)]
pub struct PurposeArgs {
    /// The purpose of reading personal data, recorded with the read: a single line that must not contain personal data itself.
    #[arg(long, env = "REDRESS_PURPOSE", value_name = "TEXT")]
    pub purpose: Option<String>,
}
