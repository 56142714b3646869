/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest of its own kind, without Linux: enters as an arm64 Image, gives each
 * CPU a stack and a vector table, and calls C.
 */
#include "bare.h"

	.section .head, "ax"
	b	start
	.long	0
	.quad	0				/* text_offset */
	.quad	image_size			/* image_size */
	.quad	0xa				/* little-endian, 4K */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

	.text
start:
	bl	set_up
	bl	main
	bl	system_off

/* CPU_ON gives the context id in x0: the function to call */
	.global	secondary_entry
secondary_entry:
	/* The byte order is that of the caller of CPU_ON */
	mrs	x2, sctlr_el1
	bic	x3, x2, #SCTLR_EE
	msr	sctlr_el1, x3
	isb
	mov	x19, x0
	mrs	x4, mpidr_el1
	and	x4, x4, #0xff
	ldr	x5, =seen_sctlr
	str	x2, [x5, x4, lsl #3]
	bl	set_up
	blr	x19
	bl	cpu_off

set_up:
	mrs	x4, mpidr_el1
	and	x4, x4, #0xff
	add	x4, x4, #1
	mov	x5, #STACK_SIZE
	ldr	x6, =stacks
	madd	x5, x4, x5, x6
	mov	sp, x5
	ldr	x4, =vectors
	msr	vbar_el1, x4
	isb
	ret

/* smccc_hvc(struct regs *), smccc_smc(): all of x0-x17 and NZCV in and out */
	.macro	smccc, conduit
	stp	x29, x30, [sp, #-32]!
	mov	x29, sp
	str	x0, [sp, #16]
	ldr	x18, [x0, #144]
	msr	nzcv, x18
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldp	x0, x1, [x0]
	\conduit #0
	ldr	x18, [sp, #16]
	stp	x0, x1, [x18]
	stp	x2, x3, [x18, #16]
	stp	x4, x5, [x18, #32]
	stp	x6, x7, [x18, #48]
	stp	x8, x9, [x18, #64]
	stp	x10, x11, [x18, #80]
	stp	x12, x13, [x18, #96]
	stp	x14, x15, [x18, #112]
	stp	x16, x17, [x18, #128]
	mrs	x0, nzcv
	str	x0, [x18, #144]
	ldp	x29, x30, [sp], #32
	ret
	.endm

	.global	smccc_hvc, smccc_smc
smccc_hvc:
	smccc	hvc
smccc_smc:
	smccc	smc

/* big_endian_hvc(x0, x1, x2, x3): an HVC by a CPU whose data is big-endian */
	.global	big_endian_hvc
big_endian_hvc:
	mrs	x9, sctlr_el1
	orr	x10, x9, #SCTLR_EE
	msr	sctlr_el1, x10
	isb
	hvc	#0
	msr	sctlr_el1, x9
	isb
	ret

/*
 * An SDEI handler: C decides how it ends. x18-x30 are for the handler to keep,
 * x0-x17 come back with the completion.
 */
	.global	event_entry
event_entry:
	stp	x29, x30, [sp, #-32]!
	mov	x29, sp
	str	x18, [sp, #16]
	mrs	x4, nzcv
	ldr	x5, =event_nzcv
	str	x4, [x5]
	bl	on_event		/* returns 0, or the address to resume at */
	ldr	x18, [sp, #16]
	ldp	x29, x30, [sp], #32
	mov	x1, x0
	mov	w0, #0x0025		/* SDEI_EVENT_COMPLETE */
	cbz	x1, 1f
	mov	w0, #0x0026		/* SDEI_EVENT_COMPLETE_AND_RESUME */
1:	movk	w0, #0xc400, lsl #16
	cmp	xzr, xzr		/* other flags than those interrupted */
	hvc	#0
	b	.

/* Where COMPLETE_AND_RESUME goes to: as an exception handler, it keeps registers */
	.macro	field, has, name, offset
	ldr	x1, =\has
	ldr	x1, [x1]
	cbz	x1, 1f
	mrs	x1, \name
	str	x1, [x0, #\offset]
1:
	.endm

	.global	resume_entry
resume_entry:
	stp	x0, x1, [sp, #-16]!
	ldr	x0, =resumed
	mrs	x1, elr_el1
	str	x1, [x0]
	mrs	x1, spsr_el1
	str	x1, [x0, #8]
	mrs	x1, daif
	str	x1, [x0, #16]
	mrs	x1, nzcv
	str	x1, [x0, #24]
	field	has_dit, S3_3_C4_C2_5, 32
	field	has_ssbs, S3_3_C4_C2_6, 40
	field	has_pan, S3_0_C4_C2_3, 48
	ldp	x0, x1, [sp], #16
	eret

/* run_aarch32(): a loop at EL0 in A32, until a handler resumes at leave_aarch32 */
	.global	run_aarch32, leave_aarch32
run_aarch32:
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	adr	x0, aarch32
	msr	elr_el1, x0
	mov	x0, #0x10		/* user mode, A32 */
	msr	spsr_el1, x0
	eret
leave_aarch32:
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret
	.balign	4
aarch32:
	.long	0xe2800001		/* 1: add r0, r0, #1 */
	.long	0xeafffffd		/* b 1b */

/* Copied to an address of more than 32 bits: goes on at event_entry, leave_aarch32 */
	.global	far_event, far_leave, far_end
far_event:
	ldr	x16, 1f
	br	x16
	.balign	8
1:	.quad	event_entry
far_leave:
	ldr	x16, 1f
	br	x16
	.balign	8
1:	.quad	leave_aarch32
far_end:

	.balign	2048
vectors:
	.rept	16
	b	exception
	.balign	128
	.endr

exception:
	stp	x0, x1, [sp, #-256]!
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x30, [sp, #144]
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	bl	on_exception
	msr	elr_el1, x0
	ldp	x18, x30, [sp, #144]
	ldp	x16, x17, [sp, #128]
	ldp	x14, x15, [sp, #112]
	ldp	x12, x13, [sp, #96]
	ldp	x10, x11, [sp, #80]
	ldp	x8, x9, [sp, #64]
	ldp	x6, x7, [sp, #48]
	ldp	x4, x5, [sp, #32]
	ldp	x2, x3, [sp, #16]
	ldp	x0, x1, [sp], #256
	eret
