//! `redress brand list`.

use clap::Args;

use crate::{
    cli::{Connection, Failure, json::Json},
    client::all_brands,
    proto::v1,
    terminal::{Terminal, one_line, table},
};

/// Which service's versions to list.
#[derive(Debug, Args)]
#[command(after_help = "\
With --json each version is an object on a line of its own.

Example:
  redress brand list")]
pub struct ListBrandsArgs {
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

const HEADER: [&str; 7] = [
    "brand",
    "version",
    "title",
    "policy",
    "numbers",
    "use",
    "activated",
];

pub(super) async fn run(args: ListBrandsArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut client = args.connection.brands().await?;
    let brands = all_brands(&mut client).await?;
    if args.connection.json {
        let json = Json::new()?;
        for brand in &brands {
            terminal.line(json.value("Brand", brand)?)?;
        }
        return Ok(());
    }
    let rows = brands.iter().map(|brand| row(brand, &args.connection));
    terminal.line(table(HEADER, rows))?;
    Ok(())
}

fn row(brand: &v1::Brand, connection: &Connection) -> [String; 7] {
    let used = match (brand.in_use, brand.latest) {
        (true, true) => "in use",
        (false, true) => "for its complaints",
        (_, false) => "former",
    };
    let activated = connection.time_zone.short_or_dash(brand.activated_time);
    let activated = match brand.activated_by.as_str() {
        "" => activated,
        actor => format!("{activated}, {}", one_line(actor)),
    };
    [
        brand.brand.clone(),
        brand.version.clone(),
        one_line(&brand.title),
        brand.policy.clone(),
        format!("{}-…", brand.tracking_prefix),
        used.to_owned(),
        activated,
    ]
}
