//! What can be meant, but probably is not.

mod attribute;
mod implied;
mod logic;
mod regex;

pub(crate) use attribute::attribute_name;
pub(crate) use logic::body;
pub(crate) use regex::regex;
