//! The command line: what can be asked of the program, and how it answers.

mod calendar;
mod checked;
mod database;
mod failure;
mod limits;
mod migrate;
mod policy;
pub mod secret;
mod serve;
mod signals;
mod verify;
mod zones;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use self::{
    calendar::CalendarCommand,
    database::{DatabaseArgs, Hidden},
    failure::Failure,
    limits::LimitArgs,
    serve::ServeArgs,
    signals::{Ending, Signals},
    verify::VerifyArgs,
};
use crate::{client, demo, terminal::Terminal};

const EXAMPLES: &str = "\
Examples:
  redress demo                            watch three weeks of complaints in a minute
  redress serve                           serve on 127.0.0.1:50051 with a private Postgres
  redress serve --database-url-file /run/secrets/database-url
  redress policy check policies/*.toml    check codes of practice before they are loaded
  redress calendar days ca-on --from 2026 list the holidays of a calendar
  redress list --overdue                     what is overdue now
  redress explain RD-DCNNM-Y6G1W          why its dates are what they are

Exit codes:
  0    done; of `serve`: drained after Ctrl-C or SIGTERM
  1    refused, failed, or something checked is wrong
  2    the command line is wrong
  3    the service or its database cannot be reached
  129  the terminal of `demo` was closed
  130  ended by Ctrl-C; of `serve`: by a second one, without draining
  143  ended by SIGTERM, likewise";

/// Complaint handling for a telecom provider: every promise of the code of practice timed, reminded and proved.
#[derive(Debug, Parser)]
#[command(name = "redress", version, after_help = EXAMPLES, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service.
    Serve(ServeArgs),
    /// Watch the service at work: three weeks of invented complaints in about a minute.
    Demo(DemoArgs),
    /// Bring the database's schema up to date, and end.
    Migrate(MigrateArgs),
    /// Work with codes of practice.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Work with calendars: check, list, ask, and add an organisation's days off.
    #[command(subcommand)]
    Calendar(CalendarCommand),
    /// File a complaint or an enquiry with a running service.
    File(client::FileArgs),
    /// Show one complaint: where it stands, its clocks, and what happened.
    Show(client::ShowArgs),
    /// Explain why a promise is due when it is, fit to be sent to a regulator.
    Explain(client::ExplainArgs),
    /// List complaints.
    List(client::ListArgs),
    /// Prove that what is stored follows from the logs.
    Verify(VerifyArgs),
}

/// The demonstration takes no options: it brings its own database, and leaves nothing behind.
#[derive(Debug, Args)]
#[command(after_help = "\
The story runs on a private Postgres in a temporary directory and a free port of this machine. Working hours pass in a
third of a second each, nights and weekends in a flash. All people in it are invented. Set NO_COLOR=1, or send the output
into a file, for plain lines without a progress bar.")]
pub struct DemoArgs {}

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

/// What can be done with codes of practice.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Check policy files, all of them, and say what is wrong with each.
    Check(PolicyCheckArgs),
    /// List every version that a running service knows.
    List(client::ListPoliciesArgs),
    /// Show what a version, other calendars or another tz database would do, before it is in use.
    Simulate(PolicySimulateArgs),
    /// Put a version into use, at every replica of a running service.
    Activate(client::ActivateArgs),
    /// Move the open complaints under a policy to what is in force now.
    Migrate(client::MigrateComplaintsArgs),
}

/// What `policy simulate` needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is changed. A running service is asked; what is tried with --zoneinfo is read from the database itself.

Examples:
  redress policy simulate ca-jive.toml
  redress policy simulate ca-jive.toml --calendar ca-federal.toml --history 30d
  redress policy simulate --policy ca-jive --calendar ca-federal.toml
  redress policy simulate --zoneinfo /usr/share/zoneinfo --database-url-file /run/secrets/database-url")]
pub struct PolicySimulateArgs {
    /// What is tried.
    #[command(flatten)]
    pub simulate: client::SimulateArgs,
    /// Try another tz database instead: a folder of compiled zones. Which due times of open complaints would move if the
    /// service ran with it?
    #[arg(long, value_name = "DIR", conflicts_with_all = ["file", "calendars", "policy", "history", "from", "to"])]
    pub zoneinfo: Option<PathBuf>,
    /// The database that is read for --zoneinfo.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// What `policy check` needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Prints a line for each file: its name, version and number of clocks, or file:line:column and what is wrong.
Ends with 1 if any file is wrong.

Examples:
  redress policy check policies/ca-jive.toml
  redress policy check policies/*.toml --calendar-dir calendars")]
pub struct PolicyCheckArgs {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A folder of calendars that the policies may count in beside the built-in ones.
    #[arg(long, env = "REDRESS_CALENDAR_DIR", value_name = "DIR")]
    pub calendar_dir: Option<PathBuf>,
}

/// Does what the command line asks.
///
/// # Errors
/// Why it was not done; [`Failure::exit_code`] is what the program ends with.
pub async fn run(cli: Cli, mut terminal: Terminal) -> Result<(), Failure> {
    match cli.command {
        Command::Serve(args) => serve::run(args, &mut terminal).await,
        Command::Demo(DemoArgs {}) => demo::run(terminal).await,
        Command::Migrate(args) => migrate::run(args.database.required()?, &mut terminal).await,
        Command::Policy(command) => change_policy(command, &mut terminal).await,
        Command::Calendar(command) => calendar::run(&command, &mut terminal),
        Command::File(args) => client::file(args, &mut terminal).await,
        Command::Show(args) => client::show(args, &mut terminal).await,
        Command::Explain(args) => client::explain(args, &mut terminal).await,
        Command::Verify(args) => tokio::task::block_in_place(|| verify::run(&args, &mut terminal)),
        Command::List(args) => client::list(args, &mut terminal).await,
    }
}

async fn change_policy(command: PolicyCommand, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        PolicyCommand::Check(args) => policy::check(&args, terminal),
        PolicyCommand::List(args) => client::list_policies(args, terminal).await,
        PolicyCommand::Simulate(PolicySimulateArgs {
            simulate,
            zoneinfo: Some(folder),
            database,
        }) => zones::simulate(&simulate, &folder, database.required()?, terminal).await,
        PolicyCommand::Simulate(args) => client::simulate(args.simulate, terminal).await,
        PolicyCommand::Activate(args) => client::activate(args, terminal).await,
        PolicyCommand::Migrate(args) => client::migrate_complaints(args, terminal).await,
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

    #[test]
    fn an_enquiry_cannot_be_acknowledged_with_its_filing() {
        let words = "redress file --channel phone --name A --service tv --category billing --description x --enquiry --acknowledge";
        assert!(Cli::try_parse_from(words.split(' ')).is_err());
        let words = words.replace(" --enquiry", "");
        Cli::try_parse_from(words.split(' ')).unwrap();
    }
}
