//! What the benches share, so that all of them measure the same traffic by the same rules in the same way.
//!
//! [`shop`] is the traffic: bytes as a collector gets them, made once and from a seed. [`rules`] are a hundred rules over it.
//! [`pairs`] compares two sides in turns and says between which bounds the true ratio lies. A bench leaves what it found
//! as a [`row`], and the program `summary` makes one table of all rows and of what they [should be](goals).
#![forbid(unsafe_code)]

pub mod attributes;
mod batch;
pub mod goals;
pub mod pairs;
pub mod row;
pub mod rules;
pub mod shop;
