//! `/card/selfconsumecell`: self-service consume.

mod set;
