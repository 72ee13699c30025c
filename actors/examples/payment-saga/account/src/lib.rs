//! An account. Each payment has a row here, and is done once, however often it is asked for.

use bindings::types::{Entry, Refusal};
use bindings::{account, account_queries};
use serde::{Deserialize, Serialize};
use silo_sdk::entries::Table;

silo_sdk::actor! { state: Account, wit: ["wit", "../wit", "../../../../wit/silo"] }
silo_sdk::manifest!({ "calls": [], "publishes": [] });

const PAYMENTS: Table<Entry> = Table::new("payments");

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Account {
    is_open: bool,
    balance: u64,
}

#[silo_sdk::commands]
impl account::Guest for Account {
    fn open(&mut self, balance: u64) -> u64 {
        if !self.is_open {
            self.is_open = true;
            self.balance = balance;
        }
        self.balance
    }

    fn withdraw(&mut self, payment: String, amount: u64) -> Result<u64, Refusal> {
        if self.is_new(&payment, &Entry::Withdrawn(amount))? {
            let left = self.balance.checked_sub(amount);
            self.balance = left.ok_or(Refusal::TooLittle)?;
            PAYMENTS.insert(&payment, &Entry::Withdrawn(amount));
        }
        Ok(self.balance)
    }

    fn deposit(&mut self, payment: String, amount: u64) -> Result<u64, Refusal> {
        if self.is_new(&payment, &Entry::Deposited(amount))? {
            self.balance += amount;
            PAYMENTS.insert(&payment, &Entry::Deposited(amount));
        }
        Ok(self.balance)
    }

    fn give_back(&mut self, payment: String) -> u64 {
        match PAYMENTS.get(&payment) {
            Some(Entry::Withdrawn(amount)) => {
                self.balance += amount;
                PAYMENTS.insert(&payment, &Entry::GivenBack(amount));
            }
            // Whoever withdraws comes too late now.
            None => PAYMENTS.insert(&payment, &Entry::CalledOff),
            Some(_) => {}
        }
        self.balance
    }

    fn call_off(&mut self, payment: String) -> bool {
        let entry = PAYMENTS.get(&payment);
        if entry.is_none() {
            PAYMENTS.insert(&payment, &Entry::CalledOff);
        }
        !matches!(entry, Some(Entry::Deposited(_)))
    }
}

#[silo_sdk::queries]
impl account_queries::Guest for Account {
    fn balance(&self) -> u64 {
        self.balance
    }

    fn entries(&self) -> Vec<(String, Entry)> {
        PAYMENTS.rows(None, 1_000)
    }
}

impl Account {
    /// False for what has been done, and a refusal for what must not be done any more.
    fn is_new(&self, payment: &str, wanted: &Entry) -> Result<bool, Refusal> {
        match PAYMENTS.get(payment) {
            Some(found) if found == *wanted => Ok(false),
            Some(_) => Err(Refusal::CalledOff),
            None if !self.is_open => Err(Refusal::Closed),
            None => Ok(true),
        }
    }
}
