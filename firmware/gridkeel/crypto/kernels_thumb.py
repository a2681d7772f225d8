"""Kernel of 256-bit arithmetic in Thumb of the smallest processors (Cortex-M0+, M3): products of half words in MULS.

The areas, the steps and the way are those of kernels_umaal.py. viper keeps its variables on the stack, which makes one
step of a product some ten times as dear as it is here.
"""
# ruff: noqa: F821

import micropython

from gridkeel.crypto.kernels_slots import FACTOR_BITS, SLOT_BYTES, is_zero, load, number, set_modulus  # noqa: F401


@micropython.asm_thumb
def run(r0, r1, r2, r3):
    # area, steps of a formula (formulas.py), what slots from 64 on count from, how often over.
    # On the stack: 0 area, 4 the next step, 8 what slots from 64 on count from, 12 times, 16 steps, 20 the output,
    # 24 n0.
    data(2, 0x4644, 0x464D, 0x4656, 0x465F)  # mov r4, r8; mov r5, r9; mov r6, r10; mov r7, r11
    data(2, 0xB4F0, 0xB087, 0x9000, 0x9104)  # push {r4, r5, r6, r7}; sub sp, #28; str r0, [sp]; str r1, [sp, #16]
    data(2, 0x9303, 0x3A40, 0x0152, 0x1812)  # str r3, [sp, #12]; subs r2, #64; lsls r2, r2, #5; adds r2, r2, r0
    data(2, 0x9202, 0x3090, 0x6803, 0x9306)  # str r2, [sp, #8]; adds r0, #144; ldr r3, [r0]; str r3, [sp, #24]
    label(PASS)
    data(2, 0x9904, 0x9101)  # ldr r1, [sp, #16]; str r1, [sp, #4]
    label(STEP)
    data(2, 0x9901, 0x780B)  # ldr r1, [sp, #4]; ldrb r3, [r1]
    cmp(r3, 2)
    bne(GO)
    b(END)
    label(GO)
    data(2, 0x9800, 0x9A02, 0x784C, 0x0167)  # ldr r0, [sp]; ldr r2, [sp, #8]; ldrb r4, [r1, #1]; lsls r7, r4, #5
    data(2, 0x183F)  # adds r7, r7, r0
    cmp(r4, 64)
    bcc(NEAR_1)
    data(2, 0x0167, 0x18BF)  # lsls r7, r4, #5; adds r7, r7, r2
    label(NEAR_1)
    data(2, 0x003C, 0x788D, 0x016F, 0x183F)  # movs r4, r7; ldrb r5, [r1, #2]; lsls r7, r5, #5; adds r7, r7, r0
    cmp(r5, 64)
    bcc(NEAR_2)
    data(2, 0x016F, 0x18BF)  # lsls r7, r5, #5; adds r7, r7, r2
    label(NEAR_2)
    data(2, 0x003D, 0x78CE, 0x0177, 0x183F)  # movs r5, r7; ldrb r6, [r1, #3]; lsls r7, r6, #5; adds r7, r7, r0
    cmp(r6, 64)
    bcc(NEAR_3)
    data(2, 0x0177, 0x18BF)  # lsls r7, r6, #5; adds r7, r7, r2
    label(NEAR_3)
    data(2, 0x003E, 0x3104, 0x9101, 0x9405)  # movs r6, r7; adds r1, #4; str r1, [sp, #4]; str r4, [sp, #20]
    data(2, 0x0002, 0x32A0)  # movs r2, r0; adds r2, #160
    cmp(r3, 0)
    bne(SUM)
    b(PRODUCT)
    label(SUM)
    cmp(r3, 1)
    bne(LESS)
    # r5 and r6, the sum into the scratch; r3, its ninth word.
    data(2, 0x6829, 0x6837, 0x19C9, 0x6001)  # ldr r1, [r5, #0]; ldr r7, [r6, #0]; adds r1, r1, r7; str r1, [r0, #0]
    data(2, 0x6869, 0x6877, 0x4179, 0x6041)  # ldr r1, [r5, #4]; ldr r7, [r6, #4]; adcs r1, r7; str r1, [r0, #4]
    data(2, 0x68A9, 0x68B7, 0x4179, 0x6081)  # ldr r1, [r5, #8]; ldr r7, [r6, #8]; adcs r1, r7; str r1, [r0, #8]
    data(2, 0x68E9, 0x68F7, 0x4179, 0x60C1)  # ldr r1, [r5, #12]; ldr r7, [r6, #12]; adcs r1, r7; str r1, [r0, #12]
    data(2, 0x6929, 0x6937, 0x4179, 0x6101)  # ldr r1, [r5, #16]; ldr r7, [r6, #16]; adcs r1, r7; str r1, [r0, #16]
    data(2, 0x6969, 0x6977, 0x4179, 0x6141)  # ldr r1, [r5, #20]; ldr r7, [r6, #20]; adcs r1, r7; str r1, [r0, #20]
    data(2, 0x69A9, 0x69B7, 0x4179, 0x6181)  # ldr r1, [r5, #24]; ldr r7, [r6, #24]; adcs r1, r7; str r1, [r0, #24]
    data(2, 0x69E9, 0x69F7, 0x4179, 0x61C1)  # ldr r1, [r5, #28]; ldr r7, [r6, #28]; adcs r1, r7; str r1, [r0, #28]
    data(2, 0x2300, 0x415B)  # movs r3, #0; adcs r3, r3
    b(REDUCE)
    label(LESS)
    data(2, 0x6829, 0x6837, 0x1BC9, 0x6021)  # ldr r1, [r5, #0]; ldr r7, [r6, #0]; subs r1, r1, r7; str r1, [r4, #0]
    data(2, 0x6869, 0x6877, 0x41B9, 0x6061)  # ldr r1, [r5, #4]; ldr r7, [r6, #4]; sbcs r1, r7; str r1, [r4, #4]
    data(2, 0x68A9, 0x68B7, 0x41B9, 0x60A1)  # ldr r1, [r5, #8]; ldr r7, [r6, #8]; sbcs r1, r7; str r1, [r4, #8]
    data(2, 0x68E9, 0x68F7, 0x41B9, 0x60E1)  # ldr r1, [r5, #12]; ldr r7, [r6, #12]; sbcs r1, r7; str r1, [r4, #12]
    data(2, 0x6929, 0x6937, 0x41B9, 0x6121)  # ldr r1, [r5, #16]; ldr r7, [r6, #16]; sbcs r1, r7; str r1, [r4, #16]
    data(2, 0x6969, 0x6977, 0x41B9, 0x6161)  # ldr r1, [r5, #20]; ldr r7, [r6, #20]; sbcs r1, r7; str r1, [r4, #20]
    data(2, 0x69A9, 0x69B7, 0x41B9, 0x61A1)  # ldr r1, [r5, #24]; ldr r7, [r6, #24]; sbcs r1, r7; str r1, [r4, #24]
    data(2, 0x69E9, 0x69F7, 0x41B9, 0x61E1)  # ldr r1, [r5, #28]; ldr r7, [r6, #28]; sbcs r1, r7; str r1, [r4, #28]
    data(2, 0x419B)  # sbcs r3, r3
    b(BACK)
    label(PRODUCT)
    # Word by word of the first input, at a place in the scratch that moves up by a word each time: what is there, more
    # by its product with the second, then by m times the modulus, which makes the lowest word zero.
    data(2, 0x2100, 0x6001, 0x6041, 0x6081)  # movs r1, #0; str r1, [r0, #0]; str r1, [r0, #4]; str r1, [r0, #8]
    data(2, 0x60C1, 0x6101, 0x6141)  # str r1, [r0, #12]; str r1, [r0, #16]; str r1, [r0, #20]
    data(2, 0x6181, 0x61C1, 0x6201, 0x46A9)  # str r1, [r0, #24]; str r1, [r0, #28]; str r1, [r0, #32]; mov r9, r5
    data(2, 0x46B2, 0x4693, 0x3520, 0x46AC)  # mov r10, r6; mov r11, r2; adds r5, #32; mov r12, r5
    label(ROW)
    data(2, 0x464C, 0x6823, 0x3404, 0x46A1, 0x4651)  # mov r4, r9; ldr r3, [r4]; adds r4, #4; mov r9, r4; mov r1, r10
    data(2, 0xB29A, 0x0C1B)  # uxth r2, r3; lsrs r3, r3, #16
    bl(MORE)
    data(2, 0x6A05, 0x2600, 0x192D, 0x4176)  # ldr r5, [r0, #32]; movs r6, #0; adds r5, r5, r4; adcs r6, r6
    data(2, 0x6205, 0x6246, 0x6803, 0x9D06)  # str r5, [r0, #32]; str r6, [r0, #36]; ldr r3, [r0]; ldr r5, [sp, #24]
    data(2, 0x436B, 0x4659, 0xB29A, 0x0C1B)  # muls r3, r5, r3; mov r1, r11; uxth r2, r3; lsrs r3, r3, #16
    bl(MORE)
    data(2, 0x6A05, 0x6A46, 0x2700, 0x192D)  # ldr r5, [r0, #32]; ldr r6, [r0, #36]; movs r7, #0; adds r5, r5, r4
    data(2, 0x417E, 0x6205, 0x6246, 0x3004)  # adcs r6, r7; str r5, [r0, #32]; str r6, [r0, #36]; adds r0, #4
    data(2, 0x464C, 0x4564)  # mov r4, r9; cmp r4, r12
    bne(ROW)
    data(2, 0x9C05, 0x465A, 0x6A03)  # ldr r4, [sp, #20]; mov r2, r11; ldr r3, [r0, #32]
    label(REDUCE)
    # Less the modulus; r3 becomes all ones where that was too much, and it is added again: the same steps for all.
    data(2, 0x6801, 0x6817, 0x1BC9, 0x6021)  # ldr r1, [r0, #0]; ldr r7, [r2, #0]; subs r1, r1, r7; str r1, [r4, #0]
    data(2, 0x6841, 0x6857, 0x41B9, 0x6061)  # ldr r1, [r0, #4]; ldr r7, [r2, #4]; sbcs r1, r7; str r1, [r4, #4]
    data(2, 0x6881, 0x6897, 0x41B9, 0x60A1)  # ldr r1, [r0, #8]; ldr r7, [r2, #8]; sbcs r1, r7; str r1, [r4, #8]
    data(2, 0x68C1, 0x68D7, 0x41B9, 0x60E1)  # ldr r1, [r0, #12]; ldr r7, [r2, #12]; sbcs r1, r7; str r1, [r4, #12]
    data(2, 0x6901, 0x6917, 0x41B9, 0x6121)  # ldr r1, [r0, #16]; ldr r7, [r2, #16]; sbcs r1, r7; str r1, [r4, #16]
    data(2, 0x6941, 0x6957, 0x41B9, 0x6161)  # ldr r1, [r0, #20]; ldr r7, [r2, #20]; sbcs r1, r7; str r1, [r4, #20]
    data(2, 0x6981, 0x6997, 0x41B9, 0x61A1)  # ldr r1, [r0, #24]; ldr r7, [r2, #24]; sbcs r1, r7; str r1, [r4, #24]
    data(2, 0x69C1, 0x69D7, 0x41B9, 0x61E1)  # ldr r1, [r0, #28]; ldr r7, [r2, #28]; sbcs r1, r7; str r1, [r4, #28]
    data(2, 0x2700, 0x41BB)  # movs r7, #0; sbcs r3, r7
    label(BACK)
    data(2, 0x6821, 0x6817, 0x401F, 0x19C9)  # ldr r1, [r4, #0]; ldr r7, [r2, #0]; ands r7, r3; adds r1, r1, r7
    data(2, 0x6021, 0x6861, 0x6857, 0x401F)  # str r1, [r4, #0]; ldr r1, [r4, #4]; ldr r7, [r2, #4]; ands r7, r3
    data(2, 0x4179, 0x6061, 0x68A1, 0x6897)  # adcs r1, r7; str r1, [r4, #4]; ldr r1, [r4, #8]; ldr r7, [r2, #8]
    data(2, 0x401F, 0x4179, 0x60A1, 0x68E1)  # ands r7, r3; adcs r1, r7; str r1, [r4, #8]; ldr r1, [r4, #12]
    data(2, 0x68D7, 0x401F, 0x4179, 0x60E1)  # ldr r7, [r2, #12]; ands r7, r3; adcs r1, r7; str r1, [r4, #12]
    data(2, 0x6921, 0x6917, 0x401F, 0x4179)  # ldr r1, [r4, #16]; ldr r7, [r2, #16]; ands r7, r3; adcs r1, r7
    data(2, 0x6121, 0x6961, 0x6957, 0x401F)  # str r1, [r4, #16]; ldr r1, [r4, #20]; ldr r7, [r2, #20]; ands r7, r3
    data(2, 0x4179, 0x6161, 0x69A1, 0x6997)  # adcs r1, r7; str r1, [r4, #20]; ldr r1, [r4, #24]; ldr r7, [r2, #24]
    data(2, 0x401F, 0x4179, 0x61A1, 0x69E1)  # ands r7, r3; adcs r1, r7; str r1, [r4, #24]; ldr r1, [r4, #28]
    data(2, 0x69D7, 0x401F, 0x4179, 0x61E1)  # ldr r7, [r2, #28]; ands r7, r3; adcs r1, r7; str r1, [r4, #28]
    b(STEP)
    label(MORE)
    # The eight words at r0 more by those at r1 times the halves r2 and r3 of a word; r4 becomes the ninth.
    data(2, 0x2400, 0x680D, 0x0C2E, 0xB2AD)  # movs r4, #0; ldr r5, [r1, #0]; lsrs r6, r5, #16; uxth r5, r5
    data(2, 0x0017, 0x436F, 0x46B8, 0x0017)  # movs r7, r2; muls r7, r5, r7; mov r8, r7; movs r7, r2
    data(2, 0x4377, 0x435D, 0x435E, 0x19ED)  # muls r7, r6, r7; muls r5, r3, r5; muls r6, r3, r6; adds r5, r5, r7
    data(2, 0x2700, 0x417F, 0x043F, 0x19F6)  # movs r7, #0; adcs r7, r7; lsls r7, r7, #16; adds r6, r6, r7
    data(2, 0x0C2F, 0x19F6, 0x042D, 0x4647)  # lsrs r7, r5, #16; adds r6, r6, r7; lsls r5, r5, #16; mov r7, r8
    data(2, 0x19ED, 0x2700, 0x417E, 0x192D)  # adds r5, r5, r7; movs r7, #0; adcs r6, r7; adds r5, r5, r4
    data(2, 0x417E, 0x6804, 0x192D, 0x417E)  # adcs r6, r7; ldr r4, [r0, #0]; adds r5, r5, r4; adcs r6, r7
    data(2, 0x6005, 0x0034, 0x684D, 0x0C2E)  # str r5, [r0, #0]; movs r4, r6; ldr r5, [r1, #4]; lsrs r6, r5, #16
    data(2, 0xB2AD, 0x0017, 0x436F, 0x46B8)  # uxth r5, r5; movs r7, r2; muls r7, r5, r7; mov r8, r7
    data(2, 0x0017, 0x4377, 0x435D, 0x435E)  # movs r7, r2; muls r7, r6, r7; muls r5, r3, r5; muls r6, r3, r6
    data(2, 0x19ED, 0x2700, 0x417F, 0x043F)  # adds r5, r5, r7; movs r7, #0; adcs r7, r7; lsls r7, r7, #16
    data(2, 0x19F6, 0x0C2F, 0x19F6, 0x042D)  # adds r6, r6, r7; lsrs r7, r5, #16; adds r6, r6, r7; lsls r5, r5, #16
    data(2, 0x4647, 0x19ED, 0x2700, 0x417E)  # mov r7, r8; adds r5, r5, r7; movs r7, #0; adcs r6, r7
    data(2, 0x192D, 0x417E, 0x6844, 0x192D)  # adds r5, r5, r4; adcs r6, r7; ldr r4, [r0, #4]; adds r5, r5, r4
    data(2, 0x417E, 0x6045, 0x0034, 0x688D)  # adcs r6, r7; str r5, [r0, #4]; movs r4, r6; ldr r5, [r1, #8]
    data(2, 0x0C2E, 0xB2AD, 0x0017, 0x436F)  # lsrs r6, r5, #16; uxth r5, r5; movs r7, r2; muls r7, r5, r7
    data(2, 0x46B8, 0x0017, 0x4377, 0x435D)  # mov r8, r7; movs r7, r2; muls r7, r6, r7; muls r5, r3, r5
    data(2, 0x435E, 0x19ED, 0x2700, 0x417F)  # muls r6, r3, r6; adds r5, r5, r7; movs r7, #0; adcs r7, r7
    data(2, 0x043F, 0x19F6, 0x0C2F, 0x19F6)  # lsls r7, r7, #16; adds r6, r6, r7; lsrs r7, r5, #16; adds r6, r6, r7
    data(2, 0x042D, 0x4647, 0x19ED, 0x2700)  # lsls r5, r5, #16; mov r7, r8; adds r5, r5, r7; movs r7, #0
    data(2, 0x417E, 0x192D, 0x417E, 0x6884)  # adcs r6, r7; adds r5, r5, r4; adcs r6, r7; ldr r4, [r0, #8]
    data(2, 0x192D, 0x417E, 0x6085, 0x0034)  # adds r5, r5, r4; adcs r6, r7; str r5, [r0, #8]; movs r4, r6
    data(2, 0x68CD, 0x0C2E, 0xB2AD, 0x0017)  # ldr r5, [r1, #12]; lsrs r6, r5, #16; uxth r5, r5; movs r7, r2
    data(2, 0x436F, 0x46B8, 0x0017, 0x4377)  # muls r7, r5, r7; mov r8, r7; movs r7, r2; muls r7, r6, r7
    data(2, 0x435D, 0x435E, 0x19ED, 0x2700)  # muls r5, r3, r5; muls r6, r3, r6; adds r5, r5, r7; movs r7, #0
    data(2, 0x417F, 0x043F, 0x19F6, 0x0C2F)  # adcs r7, r7; lsls r7, r7, #16; adds r6, r6, r7; lsrs r7, r5, #16
    data(2, 0x19F6, 0x042D, 0x4647, 0x19ED)  # adds r6, r6, r7; lsls r5, r5, #16; mov r7, r8; adds r5, r5, r7
    data(2, 0x2700, 0x417E, 0x192D, 0x417E)  # movs r7, #0; adcs r6, r7; adds r5, r5, r4; adcs r6, r7
    data(2, 0x68C4, 0x192D, 0x417E, 0x60C5)  # ldr r4, [r0, #12]; adds r5, r5, r4; adcs r6, r7; str r5, [r0, #12]
    data(2, 0x0034, 0x690D, 0x0C2E, 0xB2AD)  # movs r4, r6; ldr r5, [r1, #16]; lsrs r6, r5, #16; uxth r5, r5
    data(2, 0x0017, 0x436F, 0x46B8, 0x0017)  # movs r7, r2; muls r7, r5, r7; mov r8, r7; movs r7, r2
    data(2, 0x4377, 0x435D, 0x435E, 0x19ED)  # muls r7, r6, r7; muls r5, r3, r5; muls r6, r3, r6; adds r5, r5, r7
    data(2, 0x2700, 0x417F, 0x043F, 0x19F6)  # movs r7, #0; adcs r7, r7; lsls r7, r7, #16; adds r6, r6, r7
    data(2, 0x0C2F, 0x19F6, 0x042D, 0x4647)  # lsrs r7, r5, #16; adds r6, r6, r7; lsls r5, r5, #16; mov r7, r8
    data(2, 0x19ED, 0x2700, 0x417E, 0x192D)  # adds r5, r5, r7; movs r7, #0; adcs r6, r7; adds r5, r5, r4
    data(2, 0x417E, 0x6904, 0x192D, 0x417E)  # adcs r6, r7; ldr r4, [r0, #16]; adds r5, r5, r4; adcs r6, r7
    data(2, 0x6105, 0x0034, 0x694D, 0x0C2E)  # str r5, [r0, #16]; movs r4, r6; ldr r5, [r1, #20]; lsrs r6, r5, #16
    data(2, 0xB2AD, 0x0017, 0x436F, 0x46B8)  # uxth r5, r5; movs r7, r2; muls r7, r5, r7; mov r8, r7
    data(2, 0x0017, 0x4377, 0x435D, 0x435E)  # movs r7, r2; muls r7, r6, r7; muls r5, r3, r5; muls r6, r3, r6
    data(2, 0x19ED, 0x2700, 0x417F, 0x043F)  # adds r5, r5, r7; movs r7, #0; adcs r7, r7; lsls r7, r7, #16
    data(2, 0x19F6, 0x0C2F, 0x19F6, 0x042D)  # adds r6, r6, r7; lsrs r7, r5, #16; adds r6, r6, r7; lsls r5, r5, #16
    data(2, 0x4647, 0x19ED, 0x2700, 0x417E)  # mov r7, r8; adds r5, r5, r7; movs r7, #0; adcs r6, r7
    data(2, 0x192D, 0x417E, 0x6944, 0x192D)  # adds r5, r5, r4; adcs r6, r7; ldr r4, [r0, #20]; adds r5, r5, r4
    data(2, 0x417E, 0x6145, 0x0034, 0x698D)  # adcs r6, r7; str r5, [r0, #20]; movs r4, r6; ldr r5, [r1, #24]
    data(2, 0x0C2E, 0xB2AD, 0x0017, 0x436F)  # lsrs r6, r5, #16; uxth r5, r5; movs r7, r2; muls r7, r5, r7
    data(2, 0x46B8, 0x0017, 0x4377, 0x435D)  # mov r8, r7; movs r7, r2; muls r7, r6, r7; muls r5, r3, r5
    data(2, 0x435E, 0x19ED, 0x2700, 0x417F)  # muls r6, r3, r6; adds r5, r5, r7; movs r7, #0; adcs r7, r7
    data(2, 0x043F, 0x19F6, 0x0C2F, 0x19F6)  # lsls r7, r7, #16; adds r6, r6, r7; lsrs r7, r5, #16; adds r6, r6, r7
    data(2, 0x042D, 0x4647, 0x19ED, 0x2700)  # lsls r5, r5, #16; mov r7, r8; adds r5, r5, r7; movs r7, #0
    data(2, 0x417E, 0x192D, 0x417E, 0x6984)  # adcs r6, r7; adds r5, r5, r4; adcs r6, r7; ldr r4, [r0, #24]
    data(2, 0x192D, 0x417E, 0x6185, 0x0034)  # adds r5, r5, r4; adcs r6, r7; str r5, [r0, #24]; movs r4, r6
    data(2, 0x69CD, 0x0C2E, 0xB2AD, 0x0017)  # ldr r5, [r1, #28]; lsrs r6, r5, #16; uxth r5, r5; movs r7, r2
    data(2, 0x436F, 0x46B8, 0x0017, 0x4377)  # muls r7, r5, r7; mov r8, r7; movs r7, r2; muls r7, r6, r7
    data(2, 0x435D, 0x435E, 0x19ED, 0x2700)  # muls r5, r3, r5; muls r6, r3, r6; adds r5, r5, r7; movs r7, #0
    data(2, 0x417F, 0x043F, 0x19F6, 0x0C2F)  # adcs r7, r7; lsls r7, r7, #16; adds r6, r6, r7; lsrs r7, r5, #16
    data(2, 0x19F6, 0x042D, 0x4647, 0x19ED)  # adds r6, r6, r7; lsls r5, r5, #16; mov r7, r8; adds r5, r5, r7
    data(2, 0x2700, 0x417E, 0x192D, 0x417E)  # movs r7, #0; adcs r6, r7; adds r5, r5, r4; adcs r6, r7
    data(2, 0x69C4, 0x192D, 0x417E, 0x61C5)  # ldr r4, [r0, #28]; adds r5, r5, r4; adcs r6, r7; str r5, [r0, #28]
    data(2, 0x0034)  # movs r4, r6
    bx(lr)
    label(END)
    data(2, 0x9B03, 0x3B01, 0x9303)  # ldr r3, [sp, #12]; subs r3, #1; str r3, [sp, #12]
    beq(OUT)
    b(PASS)
    label(OUT)
    data(2, 0xB007, 0xBCF0, 0x46A0, 0x46A9)  # add sp, #28; pop {r4, r5, r6, r7}; mov r8, r4; mov r9, r5
    data(2, 0x46B2, 0x46BB, 0x2000)  # mov r10, r6; mov r11, r7; movs r0, #0
