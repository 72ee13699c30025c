/** Times and spans in words. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long, as short as can be read at a glance: "24 s", "3 min", "2 h 5 min". */
export function span(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < 90 * SECOND) return `${Math.floor(whole / SECOND)} s`;
  if (whole < 2 * HOUR) return `${Math.floor(whole / MINUTE)} min`;
  const hours = Math.floor(whole / HOUR);
  const minutes = Math.floor((whole % HOUR) / MINUTE);
  return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** A time of day at a place: "20:41", or "20:41:07" with seconds. */
export function timeOfDay(at: number, timeZone: string, withSeconds = false): string {
  const key = `${timeZone}${withSeconds ? ':s' : ''}`;
  let format = formats.get(key);
  if (!format) {
    format = timeFormat(timeZone, withSeconds);
    formats.set(key, format);
  }
  return format.format(at);
}

function timeFormat(timeZone: string, withSeconds: boolean): Intl.DateTimeFormat {
  const options: Intl.DateTimeFormatOptions = {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(withSeconds ? { second: '2-digit' } : {}),
  };
  try {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone });
  } catch {
    // A zone that this browser has not heard of yet: its own is the next best.
    return new Intl.DateTimeFormat('en-GB', options);
  }
}

/** The zone of whoever looks, where no restaurant's is known. */
export const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** For `datetime` of a `time` element. */
export function machineTime(at: number): string {
  return new Date(at).toISOString();
}
