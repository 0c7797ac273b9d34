// The snapshot's bytes, in the read-only part of the binary.
    .section .rodata
    .balign 64
    .global verge_snapshot_begin
    .hidden verge_snapshot_begin
verge_snapshot_begin:
    .incbin VERGE_SNAPSHOT_FILE
    .global verge_snapshot_end
    .hidden verge_snapshot_end
verge_snapshot_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
