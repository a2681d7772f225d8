// One emulated RP2040 that a program in Python drives: rp2040.py writes orders, one JSON object a line, and each is
// answered by one line. Time passes by the order `advance` alone, on the chip's own clock, so a run is the same every time.
//
//     node rp2040_chip.mjs RP2040JS_FOLDER BOOTROM FLASH
//
// What rp2040js does otherwise than the chip is set right here and in rp2040_pl011.mjs, each where the comment says so.

import { createRequire } from "module";
import fs from "fs";
import { pl011 } from "./rp2040_pl011.mjs";

const [, , folder, bootromPath, flashPath] = process.argv;
const { ConsoleLogger, LogLevel, RP2040, Simulator, USBCDC } = createRequire(folder + "/")(folder);

const FLASH = 0x10000000;
const FLASH_BYTES = 2 << 20;
const RAM = 0x20000000;
const UARTS = [0x40034, 0x40038];
const ROM_ERASE = 0x237c; // of boot ROM B1: flash_range_erase and flash_range_program
const ROM_PROGRAM = 0x23c4;
const ERASE_NANOS = 45e6; // of 4 kB, as the W25Q16JV's data sheet has it typically
const PROGRAM_NANOS = 0.4e6; // of 256 octets
const SECTOR = 4096;
const PAGE = 256;
const BREAK_AND_RETURN = 0x4770be00;
const SILENCE_OCTETS = 1.5; // on a line: what came before it is one burst

const clock = new Simulator().clock;
const bootrom = new Uint32Array(new Uint8Array(fs.readFileSync(bootromPath)).buffer);
const state = {
  chip: null,
  cycleNanos: 0,
  cycles: 0, // of chips before the last reset
  stalledUntil: 0, // the processor waits for the flash
  resetting: false,
  halted: false, // one of the two
  console: null,
  connected: false,
  typed: [],
  wanted: 0, // octets of the console that the program asked for
};
let out = fresh();
const inputs = new Map(); // pins driven from outside
const watched = new Map(); // pin: the level last seen
const sources = new Map(); // channel of the ADC: what is wired to it
const lines = UARTS.map((_, number) => line(number));

function fresh() {
  return { uart: [], pins: [], resets: [], console: [], dropped: [0, 0], heard: [0, 0], faults: [] };
}

function line(number) {
  const wire = { burst: [], begun: 0, ended: 0, coming: [] };
  wire.over = clock.createAlarm(() => {
    out.uart.push([number, wire.begun / 1000, Buffer.from(wire.burst).toString("hex")]);
    wire.burst = [];
  });
  wire.next = clock.createAlarm(() => {
    const [, octet] = wire.coming.shift();
    const uart = state.chip.uart[number];
    if (uart.enabled) {
      const taken = uart.heard(octet);
      out[taken ? "heard" : "dropped"][number] += 1;
    }
    expect(wire);
  });
  return wire;
}

function expect(wire) {
  if (wire.coming.length) {
    wire.next.schedule(Math.max(0, wire.coming[0][0] - clock.nanos));
  }
}

function said(number, octet) {
  const wire = lines[number];
  const took = state.chip.uart[number].octetNanos;
  if (!wire.burst.length) {
    wire.begun = clock.nanos - took;
  }
  wire.burst.push(octet);
  wire.over.schedule(SILENCE_OCTETS * took);
}

// Octets arrive, the last at `at` or as soon as the line is free; a closed port hears nothing.
function hear(number, atMicros, octets) {
  const uart = state.chip.uart[number];
  if (!uart.enabled || !octets.length) {
    return;
  }
  const wire = lines[number];
  const took = uart.octetNanos;
  let at = Math.max(atMicros * 1000 - (octets.length - 1) * took, clock.nanos + took);
  if (wire.coming.length) {
    at = Math.max(at, wire.coming[wire.coming.length - 1][0] + took);
  }
  const idle = !wire.coming.length;
  for (const octet of octets) {
    wire.coming.push([at, octet]);
    at += took;
  }
  if (idle) {
    expect(wire);
  }
}

function counts(channel) {
  const source = sources.get(channel);
  if (!source) {
    return 0;
  }
  if (source.pin !== undefined) {
    return state.chip.gpio[source.pin].outputValue ? source.high : source.low;
  }
  if (source.hz !== undefined) {
    const turns = source.turns + source.hz * (clock.nanos - source.at_us * 1000) * 1e-9;
    const value = Math.round(source.middle + source.amplitude * Math.cos(2 * Math.PI * (turns % 1)));
    return Math.max(0, Math.min(4095, value));
  }
  return source.counts;
}

function makeChip(flash, reason, scratch) {
  clock.nextAlarm = null;
  const chip = new RP2040(clock);
  state.chip = chip;
  chip.logger = new ConsoleLogger(LogLevel.Error);
  chip.logger.error = (_part, text) => out.faults.push(text);
  chip.loadBootrom(bootrom);
  patchFlash(chip);
  chip.flash.set(flash);
  const Pl011 = pl011(chip.uart[0].constructor);
  UARTS.forEach((place, number) => {
    chip.uart[number] = new Pl011(chip, number, (octet) => said(number, octet));
    chip.peripherals[place] = chip.uart[number];
  });
  patchAdc(chip.adc);
  quicken(chip);
  chip.watchdog = chip.peripherals[0x40058];
  chip.watchdog.reason = reason;
  chip.watchdog.scratchData.set(scratch);
  chip.watchdog.onWatchdogTrigger = () => {
    chip.watchdog.timer.enable = chip.watchdog.alarm.enable = false; // or it would bite for ever in the same moment
    state.resetting = state.halted = true;
  };
  state.cycleNanos = 1e9 / chip.clkSys;
  chip.addClockListener((hz) => {
    state.cycleNanos = 1e9 / hz;
  });
  for (const pin of watched.keys()) {
    listen(pin);
  }
  for (const [pin, level] of inputs) {
    chip.gpio[pin].setInputValue(level);
  }
  connect(chip);
  chip.core.PC = FLASH;
}

// rp2040js answers a program that waits for octets of the console with none of them, over and over: here it waits.
function connect(chip) {
  const cdc = new USBCDC(chip.usbCtrl);
  state.console = cdc;
  state.connected = false;
  state.wanted = 0;
  cdc.onDeviceConnected = () => {
    state.connected = true;
  };
  cdc.onSerialData = (octets) => out.console.push(Buffer.from(octets));
  chip.usbCtrl.onEndpointRead = (endpoint, size) => {
    if (endpoint === cdc.outEndpoint) {
      state.wanted = size;
      feedConsole();
    }
  };
}

function feedConsole() {
  if (state.wanted && state.typed.length) {
    const octets = Uint8Array.from(state.typed.splice(0, state.wanted));
    state.wanted = 0;
    state.chip.usbCtrl.endpointReadDone(state.console.outEndpoint, octets);
  }
}

// The ADC of rp2040js keeps no more than the upper two bits of a channel's number, and reads the first for ever.
function patchAdc(adc) {
  Object.defineProperty(adc, "activeChannel", {
    get: () => adc.cs >> 12 & 7,
    set: (channel) => {
      adc.cs = (adc.cs & ~(7 << 12)) | (channel & 7) << 12;
    },
  });
  const convert = adc.onADCRead;
  adc.onADCRead = (channel) => {
    adc.channelValues[channel] = counts(channel);
    convert(channel);
  };
}

// rp2040js knows no command that writes the flash. The two functions of the ROM that do stop here, and the processor
// waits as long as a flash takes.
function patchFlash(chip) {
  chip.bootrom[ROM_ERASE / 4] = BREAK_AND_RETURN | 1;
  chip.bootrom[ROM_PROGRAM / 4] = BREAK_AND_RETURN | 2;
  chip.onBreak = (code) => {
    const [at, from, many] = chip.core.registers;
    if (code === 1) {
      chip.flash.fill(0xff, at, at + from);
      stall(from / SECTOR * ERASE_NANOS);
    } else if (code === 2) {
      for (let i = 0; i < many; i++) {
        chip.flash[at + i] &= chip.readUint8(from + i);
      }
      stall(many / PAGE * PROGRAM_NANOS);
    } else {
      out.faults.push(`breakpoint ${code} at ${(chip.core.PC - 2).toString(16)}`);
    }
  };
}

function stall(nanos) {
  state.stalledUntil = clock.nanos + nanos;
  state.halted = true;
}

// The processor's own accesses of RAM and flash, without a search for a peripheral at every one of them.
function quicken(chip) {
  const { core, flash16, flashView, sramView } = chip;
  const ramBytes = chip.sram.length;
  core.readUint16 = (address) => {
    const at = address - FLASH;
    return at >= 0 && at < FLASH_BYTES ? flash16[at >> 1] : chip.readUint16(address);
  };
  core.readUint32 = (address) => {
    if (!(address & 3)) {
      const ram = address - RAM;
      if (ram >= 0 && ram < ramBytes) {
        return sramView.getUint32(ram, true);
      }
      const flash = address - FLASH;
      if (flash >= 0 && flash < FLASH_BYTES) {
        return flashView.getUint32(flash, true);
      }
    }
    return chip.readUint32(address);
  };
  core.writeUint32 = (address, value) => {
    const ram = address - RAM;
    if (ram >= 0 && ram < ramBytes && !(address & 3)) {
      sramView.setUint32(ram, value, true);
    } else {
      chip.writeUint32(address, value);
    }
  };
}

// A watchdog's reset: all begins anew but the flash, the watchdog's own notes and what drives the pins from outside.
function reset() {
  const before = state.chip;
  state.resetting = false;
  state.stalledUntil = 0;
  state.cycles += before.core.cycles;
  out.resets.push(clock.nanos / 1000);
  makeChip(before.flash, before.watchdog.reason, before.watchdog.scratchData);
  for (const pin of watched.keys()) {
    see(pin);
  }
  for (const wire of lines) {
    wire.burst = [];
    expect(wire);
  }
}

function listen(pin) {
  state.chip.gpio[pin].addListener(() => see(pin));
}

// One that nobody drives reads low, as behind a pull-down.
function see(pin) {
  const gpio = state.chip.gpio[pin];
  const level = gpio.outputEnable && gpio.outputValue;
  if (level !== watched.get(pin)) {
    watched.set(pin, level);
    out.pins.push([pin, clock.nanos / 1000, level]);
  }
}

function advance(nanos) {
  const end = clock.nanos + nanos;
  while (clock.nanos < end) {
    if (state.stalledUntil > clock.nanos) {
      clock.tick(Math.min(end, state.stalledUntil) - clock.nanos);
    } else if (state.chip.core.waiting) {
      const next = clock.nextAlarm ? clock.nextAlarm.nanos : end;
      clock.tick(Math.max(0, Math.min(end, next) - clock.nanos));
    } else {
      execute(state.chip.core, end);
    }
    if (state.resetting) {
      reset();
    }
  }
}

// Execute until the time is over or something else than the processor's next instruction is due.
function execute(core, end) {
  state.halted = false;
  do {
    const took = core.executeInstruction() * state.cycleNanos;
    const next = clock.nextAlarm;
    if (next !== null && next.nanos <= clock.nanosCounter + took) {
      clock.tick(took);
    } else {
      clock.nanosCounter += took;
    }
  } while (clock.nanosCounter < end && !core.waiting && !state.halted);
}

const orders = {
  // Let time pass, with all that changed before.
  advance(order) {
    for (const [pin, level] of order.drive ?? []) {
      inputs.set(pin, level);
      state.chip.gpio[pin].setInputValue(level);
    }
    for (const [channel, source] of order.sources ?? []) {
      sources.set(channel, source);
    }
    for (const pin of order.watch ?? []) {
      watched.set(pin, false);
      listen(pin);
      see(pin);
    }
    for (const [number, at, octets] of order.hear ?? []) {
      hear(number, at, Buffer.from(octets, "hex"));
    }
    state.typed.push(...Buffer.from(order.type ?? "", "hex"));
    feedConsole();
    advance(order.us * 1000);
    const told = { ...out, console: Buffer.concat(out.console).toString("hex") };
    out = fresh();
    return told;
  },
  flash(order) {
    const { flash } = state.chip;
    return { octets: Buffer.from(flash.subarray(order.at, order.at + order.many)).toString("hex") };
  },
  pwm(order) {
    const { cc, top } = state.chip.pwm.channels[order.slice];
    return { cc, top, levels: order.pins.map((pin) => state.chip.gpio[pin].outputValue) };
  },
};

function* orderLines() {
  const chunk = Buffer.alloc(1 << 16);
  let rest = "";
  for (;;) {
    const many = fs.readSync(0, chunk, 0, chunk.length, null);
    if (!many) {
      return;
    }
    rest += chunk.toString("latin1", 0, many);
    const whole = rest.split("\n");
    rest = whole.pop();
    yield* whole;
  }
}

makeChip(fs.readFileSync(flashPath), 0, new Uint32Array(8));
for (const text of orderLines()) {
  const order = JSON.parse(text);
  const answer = {
    ...orders[order.do](order),
    now_us: clock.nanos / 1000,
    cycles: state.cycles + state.chip.core.cycles,
    clock_hz: state.chip.clkSys,
    connected: state.connected,
  };
  fs.writeSync(1, JSON.stringify(answer) + "\n");
}
process.exit(0); // rp2040js has timers of its own, which would go on
