//! Native calls for `card/update`.

mod preview;
