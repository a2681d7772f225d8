"""Kernel of 256-bit arithmetic in Thumb-2 with the DSP extension (Cortex-M4, M7, M33), 64 products in 64 UMAAL.

An area is a row of slots of 32 bytes, each a number below the modulus, little-endian. Slots 0 to 4 are scratch, which
holds n0; slot 5 is the modulus, any odd one of 256 bits; an output may be any other. viper has no product of
64 bits, and needs 45 instructions for one of 16 by 16 bits; here 8 by 8 words and their reduction are 600.
MicroPython's assembler knows few instructions, so most stand here as data, with their names beside them, which a test
has another disassembler read back. No step depends on a number, and no load is unaligned where the area is aligned.
Source: Koc, Acar, Kaliski, Analyzing and Comparing Montgomery Multiplication Algorithms (1996), CIOS; ARM DDI 0403.
"""
# ruff: noqa: F821

import micropython

from gridkeel.crypto.kernels_slots import FACTOR_BITS, SLOT_BYTES, is_zero, load, number, set_modulus  # noqa: F401


@micropython.asm_thumb
def run(r0, r1, r2, r3):
    # area, steps of a formula (formulas.py), what slots from 64 on count from, how often over.
    # On the stack: 0 area, 4 the next step, 8 what slots from 64 on count from, 12 times, 16 steps, 20 the ninth word,
    # 24 the end of an input, 28 the output, 32 the modulus's n0, 36 a carry.
    data(2, 0xE92D, 0x0F00, 0xB08A, 0x9000)  # push.w {r8, r9, r10, r11}; sub sp, #40; str r0, [sp]
    data(2, 0x9104, 0x9303, 0x3A40, 0x0152)  # str r1, [sp, #16]; str r3, [sp, #12]; subs r2, #64; lsls r2, r2, #5
    data(2, 0x1812, 0x9202, 0xF8D0, 0x3090)  # adds r2, r2, r0; str r2, [sp, #8]; ldr.w r3, [r0, #144]
    data(2, 0x9308)  # str r3, [sp, #32]
    label(PASS)
    data(2, 0x9904, 0x9101)  # ldr r1, [sp, #16]; str r1, [sp, #4]
    label(STEP)
    data(2, 0x9901, 0x780B)  # ldr r1, [sp, #4]; ldrb r3, [r1]
    cmp(r3, 2)
    beq_w(END)
    data(2, 0x784C, 0x788D, 0x78CE, 0x3104)  # ldrb r4, [r1, #1]; ldrb r5, [r1, #2]; ldrb r6, [r1, #3]; adds r1, #4
    data(2, 0x9101, 0x9800, 0x9A02, 0x2C40)  # str r1, [sp, #4]; ldr r0, [sp]; ldr r2, [sp, #8]; cmp r4, #64
    data(2, 0xBF34, 0x4607, 0x4617, 0xEB07, 0x1444)  # ite lo; movlo r7, r0; movhs r7, r2; add.w r4, r7, r4, lsl #5
    data(2, 0x2D40, 0xBF34, 0x4607, 0x4617)  # cmp r5, #64; ite lo; movlo r7, r0; movhs r7, r2
    data(2, 0xEB07, 0x1545, 0x2E40)  # add.w r5, r7, r5, lsl #5; cmp r6, #64
    data(2, 0xBF34, 0x4607, 0x4617, 0xEB07, 0x1646)  # ite lo; movlo r7, r0; movhs r7, r2; add.w r6, r7, r6, lsl #5
    data(2, 0x9407, 0x1C28, 0x1C31, 0x9A00)  # str r4, [sp, #28]; adds r0, r5, #0; adds r1, r6, #0; ldr r2, [sp]
    data(2, 0x32A0)  # adds r2, #160
    cmp(r3, 1)
    bcc(PRODUCT)
    data(2, 0xE890, 0x0FF0)  # ldm.w r0, {r4, r5, r6, r7, r8, r9, r10, r11}
    bhi(LESS)
    # r12, r11..r4: the sum.
    data(2, 0xF8D1, 0xE000, 0xEB14, 0x040E)  # ldr.w lr, [r1, #0]; adds.w r4, r4, lr
    data(2, 0xF8D1, 0xE004, 0xEB55, 0x050E)  # ldr.w lr, [r1, #4]; adcs.w r5, r5, lr
    data(2, 0xF8D1, 0xE008, 0xEB56, 0x060E)  # ldr.w lr, [r1, #8]; adcs.w r6, r6, lr
    data(2, 0xF8D1, 0xE00C, 0xEB57, 0x070E)  # ldr.w lr, [r1, #12]; adcs.w r7, r7, lr
    data(2, 0xF8D1, 0xE010, 0xEB58, 0x080E)  # ldr.w lr, [r1, #16]; adcs.w r8, r8, lr
    data(2, 0xF8D1, 0xE014, 0xEB59, 0x090E)  # ldr.w lr, [r1, #20]; adcs.w r9, r9, lr
    data(2, 0xF8D1, 0xE018, 0xEB5A, 0x0A0E)  # ldr.w lr, [r1, #24]; adcs.w r10, r10, lr
    data(2, 0xF8D1, 0xE01C, 0xEB5B, 0x0B0E, 0xF04F, 0x0C00)  # ldr.w lr, [r1, #28]; adcs.w r11, r11, lr; mov.w r12, #0
    data(2, 0xF14C, 0x0C00)  # adc r12, r12, #0
    b(REDUCE)
    label(LESS)
    data(2, 0xF8D1, 0xE000, 0xEBB4, 0x040E)  # ldr.w lr, [r1, #0]; subs.w r4, r4, lr
    data(2, 0xF8D1, 0xE004, 0xEB75, 0x050E)  # ldr.w lr, [r1, #4]; sbcs.w r5, r5, lr
    data(2, 0xF8D1, 0xE008, 0xEB76, 0x060E)  # ldr.w lr, [r1, #8]; sbcs.w r6, r6, lr
    data(2, 0xF8D1, 0xE00C, 0xEB77, 0x070E)  # ldr.w lr, [r1, #12]; sbcs.w r7, r7, lr
    data(2, 0xF8D1, 0xE010, 0xEB78, 0x080E)  # ldr.w lr, [r1, #16]; sbcs.w r8, r8, lr
    data(2, 0xF8D1, 0xE014, 0xEB79, 0x090E)  # ldr.w lr, [r1, #20]; sbcs.w r9, r9, lr
    data(2, 0xF8D1, 0xE018, 0xEB7A, 0x0A0E)  # ldr.w lr, [r1, #24]; sbcs.w r10, r10, lr
    data(2, 0xF8D1, 0xE01C, 0xEB7B, 0x0B0E)  # ldr.w lr, [r1, #28]; sbcs.w r11, r11, lr
    data(2, 0xEB6C, 0x0C0C)  # sbc.w r12, r12, r12
    b(BACK)
    label(PRODUCT)
    # Word by word of the first input: what is so far, more by its product with the second, then by m times the modulus,
    # which makes the lowest word zero, and down by that word.
    data(2, 0xF04F, 0x0400, 0xF04F, 0x0500, 0xF04F, 0x0600)  # mov.w r4, #0; mov.w r5, #0; mov.w r6, #0
    data(2, 0xF04F, 0x0700, 0xF04F, 0x0800, 0xF04F, 0x0900)  # mov.w r7, #0; mov.w r8, #0; mov.w r9, #0
    data(2, 0xF04F, 0x0A00, 0xF04F, 0x0B00, 0x9405)  # mov.w r10, #0; mov.w r11, #0; str r4, [sp, #20]
    data(2, 0xF100, 0x0320, 0x9306)  # add.w r3, r0, #32; str r3, [sp, #24]
    label(ROW)
    data(2, 0x6803, 0x3004, 0xF04F, 0x0C00)  # ldr r3, [r0]; adds r0, #4; mov.w r12, #0
    data(2, 0xF8D1, 0xE000, 0xFBE3, 0x4C6E)  # ldr.w lr, [r1, #0]; umaal r4, r12, r3, lr
    data(2, 0xF8D1, 0xE004, 0xFBE3, 0x5C6E)  # ldr.w lr, [r1, #4]; umaal r5, r12, r3, lr
    data(2, 0xF8D1, 0xE008, 0xFBE3, 0x6C6E)  # ldr.w lr, [r1, #8]; umaal r6, r12, r3, lr
    data(2, 0xF8D1, 0xE00C, 0xFBE3, 0x7C6E)  # ldr.w lr, [r1, #12]; umaal r7, r12, r3, lr
    data(2, 0xF8D1, 0xE010, 0xFBE3, 0x8C6E)  # ldr.w lr, [r1, #16]; umaal r8, r12, r3, lr
    data(2, 0xF8D1, 0xE014, 0xFBE3, 0x9C6E)  # ldr.w lr, [r1, #20]; umaal r9, r12, r3, lr
    data(2, 0xF8D1, 0xE018, 0xFBE3, 0xAC6E)  # ldr.w lr, [r1, #24]; umaal r10, r12, r3, lr
    data(2, 0xF8D1, 0xE01C, 0xFBE3, 0xBC6E)  # ldr.w lr, [r1, #28]; umaal r11, r12, r3, lr
    data(2, 0xF8DD, 0xE014, 0xEB1C, 0x0C0E, 0xF04F, 0x0E00)  # ldr.w lr, [sp, #20]; adds.w r12, r12, lr; mov.w lr, #0
    data(2, 0xF14E, 0x0E00, 0xF8CD, 0xE014)  # adc lr, lr, #0; str.w lr, [sp, #20]
    data(2, 0xF8CD, 0xC024, 0xF8DD, 0xE020)  # str.w r12, [sp, #36]; ldr.w lr, [sp, #32]
    data(2, 0xFB04, 0xF30E, 0xF04F, 0x0C00, 0xF8D2, 0xE000)  # mul r3, r4, lr; mov.w r12, #0; ldr.w lr, [r2, #0]
    data(2, 0xFBE3, 0x4C6E, 0xF8D2, 0xE004)  # umaal r4, r12, r3, lr; ldr.w lr, [r2, #4]
    data(2, 0xFBE3, 0x5C6E, 0x462C, 0xF8D2, 0xE008)  # umaal r5, r12, r3, lr; mov r4, r5; ldr.w lr, [r2, #8]
    data(2, 0xFBE3, 0x6C6E, 0x4635, 0xF8D2, 0xE00C)  # umaal r6, r12, r3, lr; mov r5, r6; ldr.w lr, [r2, #12]
    data(2, 0xFBE3, 0x7C6E, 0x463E, 0xF8D2, 0xE010)  # umaal r7, r12, r3, lr; mov r6, r7; ldr.w lr, [r2, #16]
    data(2, 0xFBE3, 0x8C6E, 0x4647, 0xF8D2, 0xE014)  # umaal r8, r12, r3, lr; mov r7, r8; ldr.w lr, [r2, #20]
    data(2, 0xFBE3, 0x9C6E, 0x46C8, 0xF8D2, 0xE018)  # umaal r9, r12, r3, lr; mov r8, r9; ldr.w lr, [r2, #24]
    data(2, 0xFBE3, 0xAC6E, 0x46D1, 0xF8D2, 0xE01C)  # umaal r10, r12, r3, lr; mov r9, r10; ldr.w lr, [r2, #28]
    data(2, 0xFBE3, 0xBC6E, 0x46DA, 0xF8DD, 0xE024)  # umaal r11, r12, r3, lr; mov r10, r11; ldr.w lr, [sp, #36]
    data(2, 0xEB1C, 0x0B0E, 0xF8DD, 0xE014)  # adds.w r11, r12, lr; ldr.w lr, [sp, #20]
    data(2, 0xF14E, 0x0E00, 0xF8CD, 0xE014, 0x9B06)  # adc lr, lr, #0; str.w lr, [sp, #20]; ldr r3, [sp, #24]
    cmp(r0, r3)
    bne(ROW)
    data(2, 0xF8DD, 0xC014)  # ldr.w r12, [sp, #20]
    label(REDUCE)
    # Less the modulus; r12 becomes all ones where that was too much, and it is added again: the same steps for all.
    data(2, 0xF8D2, 0xE000, 0xEBB4, 0x040E)  # ldr.w lr, [r2, #0]; subs.w r4, r4, lr
    data(2, 0xF8D2, 0xE004, 0xEB75, 0x050E)  # ldr.w lr, [r2, #4]; sbcs.w r5, r5, lr
    data(2, 0xF8D2, 0xE008, 0xEB76, 0x060E)  # ldr.w lr, [r2, #8]; sbcs.w r6, r6, lr
    data(2, 0xF8D2, 0xE00C, 0xEB77, 0x070E)  # ldr.w lr, [r2, #12]; sbcs.w r7, r7, lr
    data(2, 0xF8D2, 0xE010, 0xEB78, 0x080E)  # ldr.w lr, [r2, #16]; sbcs.w r8, r8, lr
    data(2, 0xF8D2, 0xE014, 0xEB79, 0x090E)  # ldr.w lr, [r2, #20]; sbcs.w r9, r9, lr
    data(2, 0xF8D2, 0xE018, 0xEB7A, 0x0A0E)  # ldr.w lr, [r2, #24]; sbcs.w r10, r10, lr
    data(2, 0xF8D2, 0xE01C, 0xEB7B, 0x0B0E)  # ldr.w lr, [r2, #28]; sbcs.w r11, r11, lr
    data(2, 0xF16C, 0x0C00)  # sbc r12, r12, #0
    label(BACK)
    data(2, 0xF8D2, 0xE000, 0xEA0E, 0x0E0C)  # ldr.w lr, [r2, #0]; and.w lr, lr, r12
    data(2, 0xEB14, 0x040E, 0xF8D2, 0xE004)  # adds.w r4, r4, lr; ldr.w lr, [r2, #4]
    data(2, 0xEA0E, 0x0E0C, 0xEB55, 0x050E)  # and.w lr, lr, r12; adcs.w r5, r5, lr
    data(2, 0xF8D2, 0xE008, 0xEA0E, 0x0E0C)  # ldr.w lr, [r2, #8]; and.w lr, lr, r12
    data(2, 0xEB56, 0x060E, 0xF8D2, 0xE00C)  # adcs.w r6, r6, lr; ldr.w lr, [r2, #12]
    data(2, 0xEA0E, 0x0E0C, 0xEB57, 0x070E)  # and.w lr, lr, r12; adcs.w r7, r7, lr
    data(2, 0xF8D2, 0xE010, 0xEA0E, 0x0E0C)  # ldr.w lr, [r2, #16]; and.w lr, lr, r12
    data(2, 0xEB58, 0x080E, 0xF8D2, 0xE014)  # adcs.w r8, r8, lr; ldr.w lr, [r2, #20]
    data(2, 0xEA0E, 0x0E0C, 0xEB59, 0x090E)  # and.w lr, lr, r12; adcs.w r9, r9, lr
    data(2, 0xF8D2, 0xE018, 0xEA0E, 0x0E0C)  # ldr.w lr, [r2, #24]; and.w lr, lr, r12
    data(2, 0xEB5A, 0x0A0E, 0xF8D2, 0xE01C)  # adcs.w r10, r10, lr; ldr.w lr, [r2, #28]
    data(2, 0xEA0E, 0x0E0C, 0xEB5B, 0x0B0E, 0x9B07)  # and.w lr, lr, r12; adcs.w r11, r11, lr; ldr r3, [sp, #28]
    data(2, 0xE883, 0x0FF0)  # stm.w r3, {r4, r5, r6, r7, r8, r9, r10, r11}
    b(STEP)
    label(END)
    data(2, 0x9B03, 0x3B01, 0x9303)  # ldr r3, [sp, #12]; subs r3, #1; str r3, [sp, #12]
    bne_w(PASS)
    data(2, 0xB00A, 0xE8BD, 0x0F00, 0x2000)  # add sp, #40; pop.w {r8, r9, r10, r11}; movs r0, #0
