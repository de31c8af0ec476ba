pub mod caller;
pub mod feed;
pub mod spans;
