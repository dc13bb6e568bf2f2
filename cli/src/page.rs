//! The pages of `review`: what a person is shown before a yes. Pure: texts in, a [`Screen`](crate::screen::Screen) out.

pub mod compare;
pub mod group;
pub mod leaves;
pub mod rank;
pub mod release;
pub mod start;
pub(crate) mod trust;
pub(crate) mod volatile;
pub mod words;
