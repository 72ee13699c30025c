//! Load generators. They know the pizzeria only by its public doors.

pub(crate) mod orders;
mod report;
mod set_up;
