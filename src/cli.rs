//! The command line: what can be asked of the program, and how it answers.

mod acts;
mod any_spelling;
mod bounce;
mod brand;
mod calendar;
mod callers;
mod checked;
mod connection;
mod count;
mod database;
mod deliveries;
mod dispatch;
mod doctor;
mod explain;
mod failure;
#[cfg(test)]
mod fake;
mod figures;
mod file;
mod filter;
mod health;
mod help;
mod json;
mod kafka;
mod label;
mod limits;
mod list;
mod mail;
mod migrate;
mod notice;
mod person;
mod policy;
mod reads;
mod search;
pub mod secret;
mod serve;
mod show;
mod staff;
mod subscriptions;
mod text_file;
mod tls;
mod token;
mod undelivered;
mod verify;
mod webhooks;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use self::{
    acts::{ACTS, ActArgs, ActCommand, CommonArgs, ReferralCommand},
    bounce::BounceArgs,
    brand::{ActivateBrandArgs, BrandCheckArgs, BrandCommand, ListBrandsArgs},
    calendar::CalendarCommand,
    callers::CallerArgs,
    connection::Connection,
    count::{CountArgs, CountBy},
    database::{DatabaseArgs, Hidden},
    deliveries::{DeadDeliveriesArgs, DeliveriesCommand, ListDeliveriesArgs, ReplayDeliveriesArgs},
    dispatch::{
        ClaimDispatchesArgs, DispatchCommand, DispatchResult, ListDispatchesArgs, NoticeOf,
        RecordDispatchArgs,
    },
    doctor::DoctorArgs,
    explain::ExplainArgs,
    failure::Failure,
    figures::FiguresArgs,
    file::FileArgs,
    filter::FilterArgs,
    health::HealthArgs,
    kafka::{KafkaArgs, KafkaSasl},
    limits::LimitArgs,
    list::ListArgs,
    mail::MailArgs,
    notice::{NoticeCommand, PlannedCommand, PreviewArgs, ResendNoticeArgs},
    person::{
        ErasePersonArgs, ErasePersonReason, ExportPersonArgs, FindPersonArgs, HoldPersonArgs,
        PersonCommand, PersonReadsArgs, ReleasePersonArgs,
    },
    policy::{
        ActivateArgs, ListPoliciesArgs, MigrateComplaintsArgs, PolicyCheckArgs, PolicyCommand,
        PolicySimulateArgs, SimulateArgs,
    },
    reads::{PurposeArgs, ReadRecordArgs, ReadRecordMode},
    search::SearchArgs,
    serve::ServeArgs,
    show::ShowArgs,
    staff::{StaffArgs, StaffCheckArgs, StaffCommand},
    subscriptions::{
        CreateSubscriptionArgs, ListSubscriptionsArgs, RotateArgs, SubscriptionActArgs,
        SubscriptionsCommand, TestArgs,
    },
    tls::{ClientCerts, TlsArgs},
    token::TokenArgs,
    verify::VerifyArgs,
    webhooks::WebhookArgs,
};
use crate::{demo, terminal::Terminal};

const EXAMPLES: &str = "\
Examples:
  redress demo                             watch three weeks of complaints in a minute
  redress serve                            serve on 127.0.0.1:50051 with a private Postgres
  redress serve --database-url-file /run/secrets/database-url
  redress policy check policies/*.toml     check codes of practice before they are loaded
  redress brand check brands/*.toml        check brands likewise
  redress notice preview jive recourse     see what a customer would read
  redress calendar days ca-on --from 2026  list the holidays of a calendar
  redress list --overdue                   what is overdue now
  redress ack RD-DCNNM-Y6G1W               acknowledge a complaint
  redress figures --month 2026-11          what was kept last month
  redress explain RD-DCNNM-Y6G1W           why its dates are what they are

Exit codes:
  0    done; of `serve`: drained after Ctrl-C or SIGTERM
  1    refused, failed, or something checked is wrong
  2    the command line is wrong
  3    the service or its database cannot be reached
  65   of `bounce`: there is nothing to report in the message
  75   of `bounce`: it cannot be reported now, and should be tried again
  129  the terminal of `demo` was closed
  130  ended by Ctrl-C; of `serve`: by a second one, without draining
  143  ended by SIGTERM, likewise";

/// Complaint handling for a telecom provider: times, reminds of and proves every promise of the code of practice.
#[derive(Debug, Parser)]
#[command(
    name = "redress",
    version,
    help_template = help::template(&Command::augment_subcommands(clap::Command::new("redress"))),
    after_help = EXAMPLES,
    max_term_width = 110
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service.
    Serve(Box<ServeArgs>),
    /// Watch the service at work: three weeks of invented complaints in about a minute.
    Demo(DemoArgs),
    /// Migrate the database's schema to this release.
    Migrate(MigrateArgs),
    /// Examine the database: what puts promises at risk, and what to do about it.
    Doctor(DoctorArgs),
    /// Work with codes of practice.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Work with brands: check, list and activate them.
    #[command(subcommand)]
    Brand(BrandCommand),
    /// Preview what customers would be told, and send notices again.
    #[command(subcommand)]
    Notice(NoticeCommand),
    /// Work with calendars: check them, list days, compute due times, and import days off.
    #[command(subcommand)]
    Calendar(CalendarCommand),
    /// File a complaint or an enquiry with a running service.
    File(Box<FileArgs>),
    /// Show one complaint: its state, its clocks, and what happened.
    Show(ShowArgs),
    /// Explain why a promise is due when it is, in a form that can be sent to a regulator.
    Explain(ExplainArgs),
    /// List complaints, such as what has to be acted on next.
    List(Box<ListArgs>),
    /// Count complaints by queue or by anything else, and when they fall due.
    Count(Box<CountArgs>),
    /// Find complaints by what a customer gives: a name, a telephone number, a reference.
    Search(Box<SearchArgs>),
    /// Act on a complaint.
    #[command(flatten)]
    Act(ActCommand),
    /// Record what happens at the independent body: stages, the report, documents, findings.
    #[command(subcommand)]
    Referral(ReferralCommand),
    /// Show what was kept and what was not over a month or another period, and the complaints behind each figure.
    Figures(Box<FiguresArgs>),
    /// Find, export, hold or erase a person's data, and list who read them.
    #[command(subcommand)]
    Person(PersonCommand),
    /// Report the notices that a mail system returns: a message on standard input, or a folder of them.
    Bounce(BounceArgs),
    /// Send events to other systems: manage subscriptions.
    #[command(subcommand)]
    Subscriptions(SubscriptionsCommand),
    /// Find deliveries that failed, and replay them.
    #[command(subcommand)]
    Deliveries(DeliveriesCommand),
    /// Deliver what the service does not send itself, such as letters: list, claim and record notices.
    #[command(subcommand)]
    Dispatch(DispatchCommand),
    /// Work with the staff directory, which says how staff are notified.
    #[command(subcommand)]
    Staff(StaffCommand),
    /// Make a token that authenticates a caller, for a first try.
    Token(TokenArgs),
    /// Verify that everything stored agrees with the logs.
    Verify(VerifyArgs),
    /// Ask a service whether it wants calls, as a probe does.
    Health(HealthArgs),
}

/// The demonstration brings its own database, and leaves nothing behind but a folder with the mail that was sent.
#[derive(Debug, Args)]
#[command(after_help = "\
The story runs on a private Postgres in a temporary directory and a free port of this machine. Working hours pass in a \
moment, nights and weekends in a flash. All people in it are invented. Set NO_COLOR=1, or send the output into a file, for \
plain lines without a progress bar.

What is delivered is real: mail is written into a folder, webhooks are posted to two receivers of the demo on this machine, \
which check the signatures, and one of them is down for a while.

Examples:
  redress demo
  redress demo --mail-dir mail")]
pub struct DemoArgs {
    /// The folder for the mail that customers and staff are sent, each message a file; it must not contain mail yet
    /// [default: a new one among the temporary files].
    #[arg(long, value_name = "DIR")]
    pub mail_dir: Option<PathBuf>,
}

/// What `migrate` needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  redress migrate --database-url-file /run/secrets/database-url")]
pub struct MigrateArgs {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// Does what the command line asks.
///
/// # Errors
/// Why it was not done; [`Failure::exit_code`] is what the program ends with.
pub async fn run(cli: Cli, mut terminal: Terminal) -> Result<(), Failure> {
    match cli.command {
        Command::Serve(args) => serve::run(*args, &mut terminal).await,
        Command::Demo(args) => Ok(demo::run(terminal, args.mail_dir).await?),
        Command::Migrate(args) => migrate::run(args.database.required()?, &mut terminal).await,
        Command::Doctor(args) => tokio::task::block_in_place(|| doctor::run(&args, &mut terminal)),
        Command::Policy(command) => policy::run(command, &mut terminal).await,
        Command::Brand(command) => brand::run(command, &mut terminal).await,
        Command::Notice(command) => notice::run(command, &mut terminal).await,
        Command::Calendar(command) => calendar::run(&command, &mut terminal),
        Command::File(args) => file::run(*args, &mut terminal).await,
        Command::Show(args) => show::run(args, &mut terminal).await,
        Command::Explain(args) => explain::run(args, &mut terminal).await,
        Command::Verify(args) => tokio::task::block_in_place(|| verify::run(&args, &mut terminal)),
        Command::Person(command) => person::run(command, &mut terminal).await,
        Command::Bounce(args) => bounce::run(args, &mut terminal).await,
        Command::Subscriptions(command) => subscriptions::run(command, &mut terminal).await,
        Command::Deliveries(command) => deliveries::run(command, &mut terminal).await,
        Command::Dispatch(command) => dispatch::run(command, &mut terminal).await,
        Command::Staff(command) => staff::run(&command, &mut terminal),
        Command::Token(args) => token::run(args, &mut terminal),
        Command::List(args) => list::run(*args, &mut terminal).await,
        Command::Count(args) => count::run(*args, &mut terminal).await,
        Command::Search(args) => search::run(*args, &mut terminal).await,
        Command::Figures(args) => figures::run(*args, &mut terminal).await,
        Command::Act(command) => command.run(&mut terminal).await,
        Command::Referral(command) => command.run(&mut terminal).await,
        Command::Health(args) => health::run(args, &mut terminal).await,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_defined() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_every_option_explains_itself() {
        fn check(command: &clap::Command) {
            assert!(
                command.get_about().is_some(),
                "{} has no help",
                command.get_name()
            );
            for argument in command
                .get_arguments()
                .filter(|argument| argument.get_id() != "help" && argument.get_id() != "version")
            {
                assert!(
                    argument.get_help().is_some(),
                    "{} {} has no help",
                    command.get_name(),
                    argument.get_id()
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    /// The words of a line for a shell, without what explains it, takes its output or is its input.
    fn words(line: &str) -> Vec<String> {
        let ends = ["  ", " | ", " > ", " < "].map(|end| line.find(end).unwrap_or(line.len()));
        let line = &line[..ends.into_iter().min().unwrap_or(line.len())];
        let parts = line.split('\'').enumerate();
        parts.fold(Vec::new(), |mut words, (place, part)| {
            match place % 2 {
                0 => words.extend(part.split_whitespace().map(str::to_owned)),
                _ => words.push(part.to_owned()),
            }
            words
        })
    }

    #[test]
    fn every_example_in_the_help_is_a_command_line() {
        fn check(command: &clap::Command, seen: &mut usize) {
            let help = command.get_after_help().map(ToString::to_string);
            let help = help.unwrap_or_default().replace("\\\n    ", "");
            let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
            for line in lines.filter(|line| line.starts_with("redress ")) {
                if let Err(wrong) = Cli::try_parse_from(words(line)) {
                    panic!("{line}\n{wrong}");
                }
                *seen += 1;
            }
            for command in command.get_subcommands() {
                check(command, seen);
            }
        }
        let mut seen = 0;
        check(&Cli::command(), &mut seen);
        assert!(seen > 40, "{seen}");
    }

    #[test]
    fn an_enquiry_cannot_be_acknowledged_with_its_filing() {
        let words = "redress file --channel phone --name A --service tv --category billing --description x --enquiry --acknowledge";
        assert!(Cli::try_parse_from(words.split(' ')).is_err());
        let words = words.replace(" --enquiry", "");
        Cli::try_parse_from(words.split(' ')).unwrap();
    }
}
