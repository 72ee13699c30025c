//! `pizza demo failover`: a silo dies while people order, and it is told what they noticed.
//!
//! - `kill`: one kill, and what came of it
//! - `gaps`: how long orders are not answered for
//! - `account`: what is told

mod account;
mod gaps;
mod kill;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use self::account::Account;
use super::cluster::child::Child;
use super::cluster::session::{self, say};
use super::cluster::small::SmallCluster;
use super::customers::Customers;
use super::town::{Size, Town};
use crate::retrying_client::RetryingClient;
use crate::target::Target;

const SILOS: usize = 3;
/// Restaurants, so that the orders' other actors are on all silos too.
const KITCHENS: u32 = 6;
const CHEFS: u32 = 3;
/// More customers than can wait at once: the rate holds also while a silo is away.
const CUSTOMERS: u16 = 128;
/// More than ever are placed; the ingredients are for so many.
const ORDERS_MAX: u32 = 100_000;
/// How long a request is repeated before the scene gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the orders before a kill may take beyond what their rate says.
const WITHIN: Duration = Duration::from_secs(120);

/// Kill a silo of three while people order, and tell what they notice
///
/// Redis, three silos and a gateway are started as processes of this machine (Debian: redis-server). Orders are
/// placed at a steady rate. Then one silo is killed (SIGKILL), and each order that it had is asked for until it is
/// answered again, beside the orders of the others. The silo comes back, and gets actors back. In the end
/// every order that was acknowledged is read.
///
/// It fails if an order is lost, or if one was away for longer than --within.
///
///   pizza demo failover
///   pizza demo failover --kills 9 --rate 50
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Failover {
    /// How often a silo is killed, each time the next one
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    kills: u32,
    /// Orders that are placed in a second, all the time
    #[arg(long, default_value_t = 20, value_name = "PER_SECOND", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rate: u32,
    /// Orders that there are before each kill; of the newest so many it is looked who had them
    #[arg(long, default_value_t = 120, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=1_000))]
    orders: u32,
    /// How long orders of a killed silo may be away, in milliseconds
    #[arg(long, default_value_t = 5_000, value_name = "MS")]
    within: u64,
    /// How many times faster than life chefs cook
    #[arg(long, default_value_t = 240, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    speed: u64,
    /// Where all of them keep what they have [default: a directory for temporary files, removed at
    /// the end]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Failover {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let scene = async |dir: &Path, children: &mut Vec<Child>| self.play(dir, children).await;
        let account = session::run(self.dir.clone(), scene).await?;
        let account = account.context("it was stopped before its end: nothing is known")?;
        account.print(self.json)?;
        account.verdict()
    }

    async fn play(&self, dir: &Path, children: &mut Vec<Child>) -> anyhow::Result<Account> {
        say("Redis, three silos, a gateway")?;
        let mut cluster = SmallCluster::open(dir, self.speed, SILOS, children).await?;
        let target = Target::new(cluster.gateway, None)?;
        let mut client = RetryingClient::new(target, PATIENCE);
        let size = Size {
            kitchens: KITCHENS,
            chefs: CHEFS,
            // Orders stay when they are cooked: the silo is to have many when it dies.
            drivers: 0,
            orders: ORDERS_MAX,
        };
        let town = Town::plan("failover", size);
        town.set_up(&mut client).await?;
        let rate = self.rate;
        say(&format!("{rate} orders a second, from now to the end"))?;
        let mut customers = Customers::begin(&client, town, CUSTOMERS, Some(f64::from(rate)));
        let mut account = Account::new(Duration::from_millis(self.within));
        for number in 0..self.kills {
            let before = customers.count();
            let wanted = before + self.orders as usize;
            let within = WITHIN + Duration::from_secs(u64::from(self.orders.div_ceil(rate)));
            customers.until(wanted, within).await?;
            let kill = kill::kill(&mut cluster, children, &customers, number, before).await?;
            if !self.json {
                kill.print(number + 1)?;
            }
            account.kills.push(kill);
        }
        say("the end: each order that was acknowledged is read")?;
        let (placed, refused) = customers.finish().await?;
        account.read_back(&client, placed, refused).await?;
        Ok(account)
    }
}
