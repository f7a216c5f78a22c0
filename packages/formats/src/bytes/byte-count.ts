/** `1 byte follows`, `2 bytes follow`. */
export const bytesFollowing = (count: number): string => (count === 1 ? "1 byte follows" : `${count} bytes follow`);
