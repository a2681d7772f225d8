// A PL011 as it is on the RP2040, for rp2040js: its own takes octets at once and requests more of them for ever.
// Both FIFOs hold 32 octets and are emptied and filled in the time that octets take on the line. Interrupts come at the
// levels that the program chose, and 32 bit times after the last octet that it did not fetch.

const DR = 0x00;
const FR = 0x18;
const LCR_H = 0x2c;
const IFLS = 0x34;
const ICR = 0x44;
const BUSY = 1 << 3;
const RX_EMPTY = 1 << 4;
const TX_FULL = 1 << 5;
const RX_FULL = 1 << 6;
const TX_EMPTY = 1 << 7;
const RX_LEVEL = 1 << 4; // interrupts
const TX_LEVEL = 1 << 5;
const RX_TIMEOUT = 1 << 6;
const OVERRUN = 1 << 10;
const DEPTH = 32;
const LEVELS = [4, 8, 16, 24, 28];
const TIMEOUT_BITS = 32;

export function pl011(RPUART) {
  // said(octet, nanos): an octet was sent, its last bit ends at that time.
  return class Pl011 extends RPUART {
    constructor(rp2040, number, said) {
      const { irq, dreq } = rp2040.uart[number];
      super(rp2040, `UART${number}`, irq, dreq);
      this.said = said;
      this.sending = []; // in the FIFO, the first of them on the line
      this.levels = 0b010010;
      this.sent = rp2040.clock.createAlarm(() => this.octetSent());
      this.silence = rp2040.clock.createAlarm(() => this.raise(RX_TIMEOUT));
    }

    get octetBits() {
      const parity = this.lineCtrlRegister >> 1 & 1;
      const stop = 1 + (this.lineCtrlRegister >> 3 & 1);
      return 1 + this.wordLength + parity + stop;
    }

    get bitNanos() {
      return 1e9 * 16 * this.baudDivider / this.rp2040.clkPeri;
    }

    get octetNanos() {
      return this.octetBits * this.bitNanos;
    }

    get depth() {
      return this.fifosEnabled ? DEPTH : 1;
    }

    get flags() {
      return (
        (this.sending.length ? BUSY : 0) |
        (this.sending.length <= 1 ? TX_EMPTY : 0) |
        (this.sending.length > this.depth ? TX_FULL : 0) |
        (this.rxFIFO.empty ? RX_EMPTY : 0) |
        (this.rxFIFO.itemCount >= this.depth ? RX_FULL : 0)
      );
    }

    checkInterrupts() {
      this.rp2040.setInterrupt(this.irq, !!(this.interruptStatus & this.interruptMask));
    }

    raise(bits) {
      this.interruptStatus |= bits;
      this.checkInterrupts();
    }

    level(shift) {
      return this.fifosEnabled ? LEVELS[Math.min(4, this.levels >> shift & 7)] : 1;
    }

    octetSent() {
      this.said(this.sending.shift(), this.rp2040.clock.nanos);
      if (this.sending.length) {
        this.sent.schedule(this.octetNanos);
      }
      // One is in the shift register: the FIFO has one less.
      if (Math.max(0, this.sending.length - 1) <= (this.fifosEnabled ? this.level(0) : 0)) {
        this.raise(TX_LEVEL);
      }
    }

    // An octet's stop bit has come. Returns whether there was room for it.
    heard(octet) {
      if (this.rxFIFO.itemCount >= this.depth) {
        this.raise(OVERRUN);
        return false;
      }
      this.rxFIFO.push(octet);
      this.silence.schedule(TIMEOUT_BITS * this.bitNanos);
      if (this.rxFIFO.itemCount >= this.level(3)) {
        this.raise(RX_LEVEL);
      }
      return true;
    }

    readUint32(offset) {
      if (offset === IFLS) {
        return this.levels;
      }
      if (offset !== DR) {
        return super.readUint32(offset);
      }
      const octet = this.rxFIFO.empty ? 0 : this.rxFIFO.pull();
      if (this.rxFIFO.empty) {
        this.silence.cancel();
        this.interruptStatus &= ~RX_TIMEOUT;
      }
      if (this.rxFIFO.itemCount < this.level(3)) {
        this.interruptStatus &= ~RX_LEVEL;
      }
      this.checkInterrupts();
      return octet;
    }

    writeUint32(offset, value) {
      if (offset === DR) {
        this.send(value & 0xff);
      } else if (offset === IFLS) {
        this.levels = value & 0x3f;
      } else if (offset === ICR) {
        this.interruptStatus &= ~this.rawWriteValue;
        this.checkInterrupts();
      } else {
        super.writeUint32(offset, value);
      }
    }

    send(octet) {
      if (this.sending.length > this.depth) {
        return; // a full FIFO takes none
      }
      this.sending.push(octet);
      if (this.sending.length === 1) {
        this.sent.schedule(this.octetNanos);
      }
      if (this.sending.length - 1 > (this.fifosEnabled ? this.level(0) : 0)) {
        this.interruptStatus &= ~TX_LEVEL;
        this.checkInterrupts();
      }
    }
  };
}
