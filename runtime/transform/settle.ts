/** How many entries a transform goes through within one call before it lets those leave memory that it does not hold. */
export const SETTLE_EVERY = 1024;
