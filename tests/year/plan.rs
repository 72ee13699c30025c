//! What is kept, and for how long a pizzeria is lived through.

use pizza_runtime::Settings;

use crate::pizzeria::DAY_MS;

/// A year in which all is kept as long as it usually is, looked at once a month.
const YEAR: u64 = 365;
/// How long is lived through otherwise, in days. The restaurant keeps its ended orders and its
/// days for 90 days, and nobody can tell it otherwise.
const SHORT: u64 = 130;
const ORDERS: usize = 3;

fn number<N: std::str::FromStr>(name: &str) -> Option<N> {
    std::env::var(name).ok()?.parse().ok()
}

/// What is kept, and how long that is looked at.
pub(crate) struct Plan {
    pub(crate) days: u64,
    pub(crate) month: u64,
    /// The month at whose end everything has been kept for its time.
    pub(crate) steady: usize,
    pub(crate) orders: usize,
    /// How long orders are kept after their end; `None`: for ever.
    pub(crate) retire_after_ms: Option<u64>,
    pub(crate) settings: Settings,
}

impl Plan {
    pub(crate) fn new() -> Self {
        let days = number("YEAR_DAYS").unwrap_or(SHORT);
        let orders = number("YEAR_ORDERS").unwrap_or(ORDERS);
        let mut plan = Self {
            days,
            month: 30,
            steady: 5,
            orders,
            retire_after_ms: Some(30 * DAY_MS),
            settings: Settings::default(),
        };
        if days < YEAR {
            (plan.month, plan.steady) = (10, 10);
            plan.retire_after_ms = Some(5 * DAY_MS);
            plan.settings.retired_keep_ms = 10 * DAY_MS;
            plan.settings.events_keep.silent_ms = 10 * DAY_MS;
        }
        plan
    }
}
