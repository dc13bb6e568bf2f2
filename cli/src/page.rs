//! The pages of `review` and `diff`: what a person is shown before a yes. Pure: texts in, a
//! [`Screen`](crate::screen::Screen) out.

pub mod compare;
pub(crate) mod found;
pub mod group;
pub mod item;
pub mod leaves;
pub(crate) mod published;
pub mod release;
mod rows;
pub mod start;
pub mod subject;
pub(crate) mod trust;
pub(crate) mod volatile;
pub mod words;
