#include "textflag.h"

// Four blocks at a time, one in each 64-bit lane; the upper halves of the lanes hold what the multiplications, which read
// the lower ones only, leave there. Y0..Y3 are the counter, Y8 and Y9 the key of the round.
#define ROUND \
	VPMULUDQ Y6, Y0, Y4 \
	VPMULUDQ Y7, Y2, Y5 \
	VPSRLQ   $32, Y5, Y0 \
	VPXOR    Y1, Y0, Y0 \
	VPXOR    Y8, Y0, Y0 \
	VPSRLQ   $32, Y4, Y2 \
	VPXOR    Y3, Y2, Y2 \
	VPXOR    Y9, Y2, Y2 \
	VMOVDQA  Y5, Y1 \
	VMOVDQA  Y4, Y3 \
	VPADDD   Y10, Y8, Y8 \
	VPADDD   Y11, Y9, Y9

DATA constants<>+0(SB)/4, $0xD2511F53
DATA constants<>+4(SB)/4, $0xCD9E8D57
DATA constants<>+8(SB)/4, $0x9E3779B9
DATA constants<>+12(SB)/4, $0xBB67AE85
GLOBL constants<>(SB), RODATA|NOPTR, $16

// func fillAVX2(words *uint32, groups int, places *uint32, stream *Block, k0, k1 uint32)
TEXT ·fillAVX2(SB), NOSPLIT, $0-40
	MOVQ words+0(FP), DI
	MOVQ groups+8(FP), CX
	MOVQ places+16(FP), R8
	MOVQ stream+24(FP), SI
	VPBROADCASTD constants<>+0(SB), Y6
	VPBROADCASTD constants<>+4(SB), Y7
	VPBROADCASTD constants<>+8(SB), Y10
	VPBROADCASTD constants<>+12(SB), Y11
	MOVL         k0+32(FP), AX
	VMOVD        AX, X14
	VPBROADCASTD X14, Y14
	MOVL         k1+36(FP), AX
	VMOVD        AX, X15
	VPBROADCASTD X15, Y15

group:
	VPBROADCASTD 0(SI), Y0
	VPBROADCASTD 4(SI), Y1
	VPBROADCASTD 8(SI), Y2
	VPMOVZXDQ    (R8), Y3
	VMOVDQA      Y14, Y8
	VMOVDQA      Y15, Y9
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	VPSLLQ       $32, Y1, Y1
	VPBLENDD     $0xAA, Y1, Y0, Y0
	VPSLLQ       $32, Y3, Y3
	VPBLENDD     $0xAA, Y3, Y2, Y2
	VPUNPCKLQDQ  Y2, Y0, Y4
	VPUNPCKHQDQ  Y2, Y0, Y5
	VMOVDQU      X4, 0(DI)
	VMOVDQU      X5, 16(DI)
	VEXTRACTI128 $1, Y4, 32(DI)
	VEXTRACTI128 $1, Y5, 48(DI)
	ADDQ         $16, R8
	ADDQ         $64, DI
	DECQ         CX
	JNZ          group
	VZEROUPPER
	RET
