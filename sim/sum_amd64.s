#include "textflag.h"

// func sumAVX2(dst, src *int64, lines int)
TEXT ·sumAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ lines+16(FP), CX

line:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VPADDQ  (DI), Y0, Y0
	VPADDQ  32(DI), Y1, Y1
	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	DECQ    CX
	JNZ     line
	VZEROUPPER
	RET
