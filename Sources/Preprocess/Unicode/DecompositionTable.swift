// Written by Tests/Oracle/unicode.py; do not edit.

/// Unicode 14.0.0 decompositions, one level deep.
enum DecompositionTable {
  static let text = """
    4g~w 4o~w,lk 4q~2p 4v~w,lg 4y~1e 4z~1f 50~w,ld 51~qk 54~w,mf 55~1d 56~33 58~1d,6dg,1g \
    59~1d,6dg,1e 5a~1f,6dg,1g 5c=1t,lc 5d=1t,ld 5e=1t,le 5f=1t,lf 5g=1t,lk 5h=1t,lm 5j=1v,mf \
    5k=1x,lc 5l=1x,ld 5m=1x,le 5n=1x,lk 5o=21,lc 5p=21,ld 5q=21,le 5r=21,lk 5t=26,lf 5u=27,lc \
    5v=27,ld 5w=27,le 5x=27,lf 5y=27,lk 61=2d,lc 62=2d,ld 63=2d,le 64=2d,lk 65=2h,ld 68=2p,lc \
    69=2p,ld 6a=2p,le 6b=2p,lf 6c=2p,lk 6d=2p,lm 6f=2r,mf 6g=2t,lc 6h=2t,ld 6i=2t,le 6j=2t,lk \
    6k=2x,lc 6l=2x,ld 6m=2x,le 6n=2x,lk 6p=32,lf 6q=33,lc 6r=33,ld 6s=33,le 6t=33,lf 6u=33,lk \
    6x=39,lc 6y=39,ld 6z=39,le 70=39,lk 71=3d,ld 73=3d,lk 74=1t,lg 75=2p,lg 76=1t,li 77=2p,li \
    78=1t,mg 79=2p,mg 7a=1v,ld 7b=2r,ld 7c=1v,le 7d=2r,le 7e=1v,lj 7f=2r,lj 7g=1v,lo 7h=2r,lo \
    7i=1w,lo 7j=2s,lo 7m=1x,lg 7n=2t,lg 7o=1x,li 7p=2t,li 7q=1x,lj 7r=2t,lj 7s=1x,mg 7t=2t,mg \
    7u=1x,lo 7v=2t,lo 7w=1z,le 7x=2v,le 7y=1z,li 7z=2v,li 80=1z,lj 81=2v,lj 82=1z,mf 83=2v,mf \
    84=20,le 85=2w,le 88=21,lf 89=2x,lf 8a=21,lg 8b=2x,lg 8c=21,li 8d=2x,li 8e=21,mg 8f=2x,mg \
    8g=21,lj 8i~21,22 8j~2x,2y 8k=22,le 8l=2y,le 8m=23,mf 8n=2z,mf 8p=24,ld 8q=30,ld 8r=24,mf \
    8s=30,mf 8t=24,lo 8u=30,lo 8v~24,53 8w~30,53 8z=26,ld 90=32,ld 91=26,mf 92=32,mf 93=26,lo \
    94=32,lo 95~jg,32 98=27,lg 99=33,lg 9a=27,li 9b=33,li 9c=27,ln 9d=33,ln 9g=2a,ld 9h=36,ld \
    9i=2a,mf 9j=36,mf 9k=2a,lo 9l=36,lo 9m=2b,ld 9n=37,ld 9o=2b,le 9p=37,le 9q=2b,mf 9r=37,mf \
    9s=2b,lo 9t=37,lo 9u=2c,mf 9v=38,mf 9w=2c,lo 9x=38,lo a0=2d,lf a1=39,lf a2=2d,lg a3=39,lg \
    a4=2d,li a5=39,li a6=2d,lm a7=39,lm a8=2d,ln a9=39,ln aa=2d,mg ab=39,mg ac=2f,le ad=3b,le \
    ae=2h,le af=3d,le ag=2h,lk ah=2i,ld ai=3e,ld aj=2i,lj ak=3e,lj al=2i,lo am=3e,lo an~37 \
    bk=27,m3 bl=33,m3 bz=2d,m3 c0=39,m3 ck~1w,al cl~1w,am cm~2s,am cn~24,22 co~24,2y cp~30,2y \
    cq~26,22 cr~26,2y cs~32,2y ct=1t,lo cu=2p,lo cv=21,lo cw=2x,lo cx=27,lo cy=33,lo cz=2d,lo \
    d0=39,lo d1=64,lg d2=70,lg d3=64,ld d4=70,ld d5=64,lo d6=70,lo d7=64,lc d8=70,lc da=5g,lg \
    db=6c,lg dc=fa,lg dd=fb,lg de=5i,lg df=6e,lg di=1z,lo dj=2v,lo dk=23,lo dl=2z,lo dm=27,mg \
    dn=33,mg do=dm,lg dp=dn,lg dq=c7,lo dr=ia,lo ds=2y,lo dt~1w,2i du~1w,3e dv~2s,3e dw=1z,ld \
    dx=2v,ld e0=26,lc e1=32,lc e2=5h,ld e3=6d,ld e4=5i,ld e5=6e,ld e6=60,ld e7=6w,ld e8=1t,lr \
    e9=2p,lr ea=1t,lt eb=2p,lt ec=1x,lr ed=2t,lr ee=1x,lt ef=2t,lt eg=21,lr eh=2x,lr ei=21,lt \
    ej=2x,lt ek=27,lr el=33,lr em=27,lt en=33,lt eo=2a,lr ep=36,lr eq=2a,lt er=36,lt es=2d,lr \
    et=39,lr eu=2d,lt ev=39,lt ew=2b,me ex=37,me ey=2c,me ez=38,me f2=20,lo f3=2w,lo fa=1t,lj \
    fb=2p,lj fc=1x,mf fd=2t,mf fe=5y,lg ff=6u,lg fg=5x,lg fh=6t,lg fi=27,lj fj=33,lj fk=fi,lg \
    fl=fj,lg fm=2h,lg fn=3d,lg j4~2w j5~h2 j6~2y j7~36 j8~hl j9~hn ja~ht jb~3b jc~3d k8~w,li \
    k9~w,lj ka~w,lm kb~w,mg kc~w,lf kd~w,ln kg~gz kh~30 ki~37 kj~3c kk~id n4!lc n5!ld n7!lv \
    n8!lk,ld ok!jd oq~w,n9 ou!1n p0~w,ld p1=4o,ld p2=pd,ld p3!53 p4=ph,ld p5=pj,ld p6=pl,ld \
    p8=pr,ld pa=px,ld pb=q1,ld pc=qy,ld q2=pl,lk q3=px,lk q4=q9,ld q5=qd,ld q6=qf,ld q7=qh,ld \
    q8=qz,ld qy=qh,lk qz=qt,lk r0=qn,ld r1=qt,ld r2=qx,ld r4~qa r5~qg r6~px r7=r6,ld r8=r6,lk \
    r9~qu ra~qo s0~qi s1~qp s2~qq s4~pk s5~qd s9~pv sg=t1,lc sh=t1,lk sj=sz,ld sn=sm,lk \
    ss=t6,ld st=t4,lc su=tf,li t5=t4,li u1=u0,li uo=tx,lc up=tx,lk ur=tv,ld uv=uu,lk v0=u2,ld \
    v1=u0,lc v2=ub,li vq=vo,lr vr=vp,lr xt=t2,li xu=ty,li y8=sw,li y9=ts,li ya=sw,lk yb=ts,lk \
    ye=t1,li yf=tx,li yi=yg,lk yj=yh,lk yk=t2,lk yl=ty,lk ym=t3,lk yn=tz,lk yq=t4,lg yr=u0,lg \
    ys=t4,lk yt=u0,lk yu=ta,lk yv=u6,lk yy=yw,lk yz=yx,lk z0=tp,lk z1=ul,lk z2=tf,lg z3=ub,lg \
    z4=tf,lk z5=ub,lk z6=tf,ln z7=ub,ln z8=tj,lk z9=uf,lk zc=tn,lk zd=uj,lk 13b~12d,136 \
    17m=17r,18z 17n=17r,190 17o=18o,190 17p=17r,191 17q=18q,190 19x~17r,19w 19y~18o,19w \
    19z~1c7,19w 1a0~18q,19w 1c0=1cl,190 1c2=1c1,190 1cj=1ci,190 1t5=1t4,1to 1td=1tc,1to \
    1tg=1tf,1to 1ug!1sl,1to 1uh!1sm,1to 1ui!1sn,1to 1uj!1ss,1to 1uk!1sx,1to 1ul!1sy,1to \
    1um!1t7,1to 1un!1tb,1to 1xn=1xj,1xa 1xo=1xj,1xz 1y4!1wh,1x8 1y5!1wi,1x8 1y7!1wv,1x8 \
    20j!20i,20s 20m!20o,20s 21l!1zq,20s 21m!1zr,20s 21n!1zw,20s 21q!20b,20s 288=287,28m \
    28b=287,27y 28c=287,28n 28s!275,27w 28t!276,27w 2ac=2aa,2c7 2bu=2bq,2bi 2bv=2br,2bi \
    2bw=2bq,2c7 2fc=2fa,2fq 2io=2in,2j9 2iv=2iu,2j9 2iw=2iu,2ja 2iy=2iu,2iq 2iz=2iy,2j9 \
    2mi=2me,2m6 2mj=2mf,2m6 2mk=2me,2mv 2qi=2qh,2q2 2qk=2qh,2q7 2ql=2qk,2q2 2qm=2qh,2qn \
    2sz~2tp,2sy 2wj~2x9,2wi 2xo~2wb,2vt 2xp~2wb,2w1 2z0~2yz 30j!30i,33r 30t!30s,33r 30y!30x,33r \
    313!312,33r 318!317,33r 31l!30g,33p 31v!31t,31u 31x!31t,31w 31y!33m,328 31z~33m,329 \
    320!33n,328 321~33n,329 329!31t,328 32r!32q,33r 331!330,33r 336!335,33r 33b!33a,33r \
    33g!33f,33r 33t!32o,33p 36u=36t,372 3cs~3bw 5c6=5c5,5dh 5c8=5c7,5dh 5ca=5c9,5dh 5cc=5cb,5dh \
    5ce=5cd,5dh 5ci=5ch,5dh 5dn=5dm,5dh 5dp=5do,5dh 5ds=5dq,5dh 5dt=5dr,5dh 5dv=5du,5dh 5rg~1t \
    5rh~5i 5ri~1u 5rk~1w 5rl~1x 5rm~b2 5rn~1z 5ro~20 5rp~21 5rq~22 5rr~23 5rs~24 5rt~25 5ru~26 \
    5rw~27 5rx~f6 5ry~28 5rz~2a 5s0~2c 5s1~2d 5s2~2f 5s3~2p 5s4~gg 5s5~gh 5s6~5qa 5s7~2q 5s8~2s \
    5s9~2t 5sa~gp 5sb~gr 5sc~gs 5sd~2v 5sf~2z 5sg~31 5sh~97 5si~33 5sj~gk 5sk~5qu 5sl~5qv \
    5sm~34 5sn~38 5so~39 5sp~5r1 5sq~hb 5sr~3a 5ss~5r9 5st~qa 5su~qb 5sv~qc 5sw~qu 5sx~qv \
    5sy~2x 5sz~36 5t0~39 5t1~3a 5t2~qa 5t3~qb 5t4~qp 5t5~qu 5t6~qv 5tk~u5 5uj~gi 5uk~2r 5ul~gl \
    5um~6o 5un~gs 5uo~2u 5up~gv 5uq~gx 5ur~h1 5us~h4 5ut~h5 5uu~h6 5uv~5tn 5uw~il 5ux~h9 \
    5uy~5tx 5uz~in 5v0~hd 5v1~hc 5v2~he 5v3~hf 5v4~hg 5v5~hh 5v6~hk 5v7~hu 5v8~hv 5v9~bv 5va~i1 \
    5vb~i2 5vc~5r0 5vd~i3 5ve~i4 5vf~3e 5vg~i8 5vh~i9 5vi~ia 5vj~qg 5xc=1t,md 5xd=2p,md \
    5xe=1u,lj 5xf=2q,lj 5xg=1u,mb 5xh=2q,mb 5xi=1u,mp 5xj=2q,mp 5xk=5j,ld 5xl=6f,ld 5xm=1w,lj \
    5xn=2s,lj 5xo=1w,mb 5xp=2s,mb 5xq=1w,mp 5xr=2s,mp 5xs=1w,mf 5xt=2s,mf 5xu=1w,ml 5xv=2s,ml \
    5xw=7m,lc 5xx=7n,lc 5xy=7m,ld 5xz=7n,ld 5y0=1x,ml 5y1=2t,ml 5y2=1x,mo 5y3=2t,mo 5y4=fc,li \
    5y5=fd,li 5y6=1y,lj 5y7=2u,lj 5y8=1z,lg 5y9=2v,lg 5ya=20,lj 5yb=2w,lj 5yc=20,mb 5yd=2w,mb \
    5ye=20,lk 5yf=2w,lk 5yg=20,mf 5yh=2w,mf 5yi=20,mm 5yj=2w,mm 5yk=21,mo 5yl=2x,mo 5ym=5r,ld \
    5yn=6n,ld 5yo=23,ld 5yp=2z,ld 5yq=23,mb 5yr=2z,mb 5ys=23,mp 5yt=2z,mp 5yu=24,mb 5yv=30,mb \
    5yw=5yu,lg 5yx=5yv,lg 5yy=24,mp 5yz=30,mp 5z0=24,ml 5z1=30,ml 5z2=25,ld 5z3=31,ld 5z4=25,lj \
    5z5=31,lj 5z6=25,mb 5z7=31,mb 5z8=26,lj 5z9=32,lj 5za=26,mb 5zb=32,mb 5zc=26,mp 5zd=32,mp \
    5ze=26,ml 5zf=32,ml 5zg=5x,ld 5zh=6t,ld 5zi=5x,lk 5zj=6t,lk 5zk=98,lc 5zl=99,lc 5zm=98,ld \
    5zn=99,ld 5zo=28,ld 5zp=34,ld 5zq=28,lj 5zr=34,lj 5zs=2a,lj 5zt=36,lj 5zu=2a,mb 5zv=36,mb \
    5zw=5zu,lg 5zx=5zv,lg 5zy=2a,mp 5zz=36,mp 600=2b,lj 601=37,lj 602=2b,mb 603=37,mb 604=9m,lj \
    605=9n,lj 606=9s,lj 607=9t,lj 608=602,lj 609=603,lj 60a=2c,lj 60b=38,lj 60c=2c,mb 60d=38,mb \
    60e=2c,mp 60f=38,mp 60g=2c,ml 60h=38,ml 60i=2d,mc 60j=39,mc 60k=2d,mo 60l=39,mo 60m=2d,ml \
    60n=39,ml 60o=a0,ld 60p=a1,ld 60q=a2,lk 60r=a3,lk 60s=2e,lf 60t=3a,lf 60u=2e,mb 60v=3a,mb \
    60w=2f,lc 60x=3b,lc 60y=2f,ld 60z=3b,ld 610=2f,lk 611=3b,lk 612=2f,lj 613=3b,lj 614=2f,mb \
    615=3b,mb 616=2g,lj 617=3c,lj 618=2g,lk 619=3c,lk 61a=2h,lj 61b=3d,lj 61c=2i,le 61d=3e,le \
    61e=2i,mb 61f=3e,mb 61g=2i,mp 61h=3e,mp 61i=2w,mp 61j=38,lk 61k=3b,lm 61l=3d,lm 61m~2p,ji \
    61n=an,lj 61s=1t,mb 61t=2p,mb 61u=1t,ll 61v=2p,ll 61w=5e,ld 61x=6a,ld 61y=5e,lc 61z=6a,lc \
    620=5e,ll 621=6a,ll 622=5e,lf 623=6a,lf 624=61s,le 625=61t,le 626=76,ld 627=77,ld 628=76,lc \
    629=77,lc 62a=76,ll 62b=77,ll 62c=76,lf 62d=77,lf 62e=61s,li 62f=61t,li 62g=1x,mb 62h=2t,mb \
    62i=1x,ll 62j=2t,ll 62k=1x,lf 62l=2t,lf 62m=5m,ld 62n=6i,ld 62o=5m,lc 62p=6i,lc 62q=5m,ll \
    62r=6i,ll 62s=5m,lf 62t=6i,lf 62u=62g,le 62v=62h,le 62w=21,ll 62x=2x,ll 62y=21,mb 62z=2x,mb \
    630=27,mb 631=33,mb 632=27,ll 633=33,ll 634=5w,ld 635=6s,ld 636=5w,lc 637=6s,lc 638=5w,ll \
    639=6s,ll 63a=5w,lf 63b=6s,lf 63c=630,le 63d=631,le 63e=bk,ld 63f=bl,ld 63g=bk,lc 63h=bl,lc \
    63i=bk,ll 63j=bl,ll 63k=bk,lf 63l=bl,lf 63m=bk,mb 63n=bl,mb 63o=2d,mb 63p=39,mb 63q=2d,ll \
    63r=39,ll 63s=bz,ld 63t=c0,ld 63u=bz,lc 63v=c0,lc 63w=bz,ll 63x=c0,ll 63y=bz,lf 63z=c0,lf \
    640=bz,mb 641=c0,mb 642=2h,lc 643=3d,lc 644=2h,mb 645=3d,mb 646=2h,ll 647=3d,ll 648=2h,lf \
    649=3d,lf 64g=q9,lv 64h=q9,lw 64i=64g,lc 64j=64h,lc 64k=64g,ld 64l=64h,ld 64m=64g,n6 \
    64n=64h,n6 64o=pd,lv 64p=pd,lw 64q=64o,lc 64r=64p,lc 64s=64o,ld 64t=64p,ld 64u=64o,n6 \
    64v=64p,n6 64w=qd,lv 64x=qd,lw 64y=64w,lc 64z=64x,lc 650=64w,ld 651=64x,ld 654=ph,lv \
    655=ph,lw 656=654,lc 657=655,lc 658=654,ld 659=655,ld 65c=qf,lv 65d=qf,lw 65e=65c,lc \
    65f=65d,lc 65g=65c,ld 65h=65d,ld 65i=65c,n6 65j=65d,n6 65k=pj,lv 65l=pj,lw 65m=65k,lc \
    65n=65l,lc 65o=65k,ld 65p=65l,ld 65q=65k,n6 65r=65l,n6 65s=qh,lv 65t=qh,lw 65u=65s,lc \
    65v=65t,lc 65w=65s,ld 65x=65t,ld 65y=65s,n6 65z=65t,n6 660=pl,lv 661=pl,lw 662=660,lc \
    663=661,lc 664=660,ld 665=661,ld 666=660,n6 667=661,n6 668=qn,lv 669=qn,lw 66a=668,lc \
    66b=669,lc 66c=668,ld 66d=669,ld 66g=pr,lv 66h=pr,lw 66i=66g,lc 66j=66h,lc 66k=66g,ld \
    66l=66h,ld 66o=qt,lv 66p=qt,lw 66q=66o,lc 66r=66p,lc 66s=66o,ld 66t=66p,ld 66u=66o,n6 \
    66v=66p,n6 66x=px,lw 66z=66x,lc 671=66x,ld 673=66x,n6 674=qx,lv 675=qx,lw 676=674,lc \
    677=675,lc 678=674,ld 679=675,ld 67a=674,n6 67b=675,n6 67c=q1,lv 67d=q1,lw 67e=67c,lc \
    67f=67d,lc 67g=67c,ld 67h=67d,ld 67i=67c,n6 67j=67d,n6 67k=q9,lc 67l!q4 67m=qd,lc 67n!q5 \
    67o=qf,lc 67p!q6 67q=qh,lc 67r!q7 67s=qn,lc 67t!r0 67u=qt,lc 67v!r1 67w=qx,lc 67x!r2 \
    680=64g,n9 681=64h,n9 682=64i,n9 683=64j,n9 684=64k,n9 685=64l,n9 686=64m,n9 687=64n,n9 \
    688=64o,n9 689=64p,n9 68a=64q,n9 68b=64r,n9 68c=64s,n9 68d=64t,n9 68e=64u,n9 68f=64v,n9 \
    68g=65c,n9 68h=65d,n9 68i=65e,n9 68j=65f,n9 68k=65g,n9 68l=65h,n9 68m=65i,n9 68n=65j,n9 \
    68o=65k,n9 68p=65l,n9 68q=65m,n9 68r=65n,n9 68s=65o,n9 68t=65p,n9 68u=65q,n9 68v=65r,n9 \
    68w=674,n9 68x=675,n9 68y=676,n9 68z=677,n9 690=678,n9 691=679,n9 692=67a,n9 693=67b,n9 \
    694=67c,n9 695=67d,n9 696=67e,n9 697=67f,n9 698=67g,n9 699=67h,n9 69a=67i,n9 69b=67j,n9 \
    69c=q9,li 69d=q9,lg 69e=67k,n9 69f=q9,n9 69g=q4,n9 69i=q9,n6 69j=69i,n9 69k=pd,li 69l=pd,lg \
    69m=pd,lc 69n!p2 69o=pd,n9 69p~w,lv 69q!qh 69r~w,lv 69s~w,n6 69t=4o,n6 69u=67o,n9 69v=qf,n9 \
    69w=q6,n9 69y=qf,n6 69z=69y,n9 6a0=ph,lc 6a1!p4 6a2=pj,lc 6a3!p5 6a4=pj,n9 6a5=69r,lc \
    6a6=69r,ld 6a7=69r,n6 6a8=qh,li 6a9=qh,lg 6aa=qy,lc 6ab!pc 6ae=qh,n6 6af=qy,n6 6ag=pl,li \
    6ah=pl,lg 6ai=pl,lc 6aj!p6 6al=6bi,lc 6am=6bi,ld 6an=6bi,n6 6ao=qt,li 6ap=qt,lg 6aq=qz,lc \
    6ar!q8 6as=qp,lv 6at=qp,lw 6au=qt,n6 6av=qz,n6 6aw=px,li 6ax=px,lg 6ay=px,lc 6az!pa \
    6b0=pt,lw 6b1=4o,lc 6b2!p1 6b3!2o 6b6=67w,n9 6b7=qx,n9 6b8=r2,n9 6ba=qx,n6 6bb=6ba,n9 \
    6bc=pr,lc 6bd!p8 6be=q1,lc 6bf!pb 6bg=q1,n9 6bh!50 6bi~w,lw 6bk!6bm 6bl!6bn 6bm~w 6bn~w \
    6bo~w 6bp~w 6bq~w 6br~w 6bs~w 6bt~w 6bu~w 6c1~6c0 6c7~w,mr 6ck~1a 6cl~1a,1a 6cm~1a,1a,1a \
    6cv~w 6cz~6cy,6cy 6d0~6cy,6cy,6cy 6d2~6d1,6d1 6d3~6d1,6d1,6d1 6d8~x,x 6da~w,lh 6dj~1r,1r \
    6dk~1r,x 6dl~x,1r 6dz~6cy,6cy,6cy,6cy 6e7~w 6eo~1c 6ep~2x 6es~1g 6et~1h 6eu~1i 6ev~1j \
    6ew~1k 6ex~1l 6ey~17 6ez~6qa 6f0~1p 6f1~14 6f2~15 6f3~32 6f4~1c 6f5~1d 6f6~1e 6f7~1f 6f8~1g \
    6f9~1h 6fa~1i 6fb~1j 6fc~1k 6fd~1l 6fe~17 6ff~6qa 6fg~1p 6fh~14 6fi~15 6fk~2p 6fl~2t 6fm~33 \
    6fn~3c 6fo~gp 6fp~2w 6fq~2z 6fr~30 6fs~31 6ft~32 6fu~34 6fv~37 6fw~38 6g8~2a,37 \
    6io~2p,1b,2r 6ip~2p,1b,37 6iq~1v 6ir~4w,1v 6it~2r,1b,33 6iu~2r,1b,39 6iv~b4 6ix~4w,1y \
    6iy~2v 6iz~20 6j0~20 6j1~20 6j2~2w 6j3~87 6j4~21 6j5~21 6j6~24 6j7~30 6j9~26 6ja~26,33 \
    6jd~28 6je~29 6jf~2a 6jg~2a 6jh~2a 6jk~2b,25 6jl~2c,1x,24 6jm~2c,25 6jo~2i 6jq!q1 6js~2i \
    6ju!23 6jv!5h 6jw~1u 6jx~1v 6jz~2t 6k0~1x 6k1~1y 6k3~25 6k4~33 6k5~15c 6k6~15d 6k7~15e \
    6k8~15f 6k9~2x 6kb~1y,1t,2g 6kc~qo 6kd~qb 6ke~pf 6kf~ps 6kg~6q9 6kl~1w 6km~2s 6kn~2t 6ko~2x \
    6kp~2y 6kw~1d,6dg,1j 6kx~1d,6dg,1l 6ky~1d,6dg,1d,1c 6kz~1d,6dg,1f 6l0~1e,6dg,1f \
    6l1~1d,6dg,1h 6l2~1e,6dg,1h 6l3~1f,6dg,1h 6l4~1g,6dg,1h 6l5~1d,6dg,1i 6l6~1h,6dg,1i \
    6l7~1d,6dg,1k 6l8~1f,6dg,1k 6l9~1h,6dg,1k 6la~1j,6dg,1k 6lb~1d,6dg 6lc~21 6ld~21,21 \
    6le~21,21,21 6lf~21,2e 6lg~2e 6lh~2e,21 6li~2e,21,21 6lj~2e,21,21,21 6lk~21,2g 6ll~2g \
    6lm~2g,21 6ln~2g,21,21 6lo~24 6lp~1v 6lq~1w 6lr~25 6ls~2x 6lt~2x,2x 6lu~2x,2x,2x 6lv~2x,3a \
    6lw~3a 6lx~3a,2x 6ly~3a,2x,2x 6lz~3a,2x,2x,2x 6m0~2x,3c 6m1~3c 6m2~3c,2x 6m3~3c,2x,2x \
    6m4~30 6m5~2r 6m6~2s 6m7~31 6mh~1c,6dg,1f 6my=6mo,mw 6mz=6mq,mw 6ni=6ms,mw 6od=6og,mw \
    6oe=6ok,mw 6of=6oi,mw 6pw=6pv,mw 6q1=6q0,mw 6q4=6q3,mw 6qs=6qr,mw 6qu=6qt,mw 6r0~6qz,6qz \
    6r1~6qz,6qz,6qz 6r3~6r2,6r2 6r4~6r2,6r2,6r2 6rl=6rg,mw 6ro=6rn,mw 6rr=6rp,mw 6rt=6rs,mw \
    6sg=1p,mw 6si=6sh,mw 6st=6rx,mw 6su=1o,mw 6sv=1q,mw 6sw=6sk,mw 6sx=6sl,mw 6t0=6sy,mw \
    6t1=6sz,mw 6t4=6t2,mw 6t5=6t3,mw 6tc=6t6,mw 6td=6t7,mw 6tg=6te,mw 6th=6tf,mw 6tk=6ti,mw \
    6tl=6tj,mw 6uk=6ua,mw 6ul=6ug,mw 6um=6uh,mw 6un=6uj,mw 6w0=6t8,mw 6w1=6t9,mw 6w2=6tt,mw \
    6w3=6tu,mw 6wa=6uq,mw 6wb=6ur,mw 6wc=6us,mw 6wd=6ut,mw 6y1!9hk 6y2!9hl 76o~1d 76p~1e 76q~1f \
    76r~1g 76s~1h 76t~1i 76u~1j 76v~1k 76w~1l 76x~1d,1c 76y~1d,1d 76z~1d,1e 770~1d,1f 771~1d,1g \
    772~1d,1h 773~1d,1i 774~1d,1j 775~1d,1k 776~1d,1l 777~1e,1c 778~14,1d,15 779~14,1e,15 \
    77a~14,1f,15 77b~14,1g,15 77c~14,1h,15 77d~14,1i,15 77e~14,1j,15 77f~14,1k,15 77g~14,1l,15 \
    77h~14,1d,1c,15 77i~14,1d,1d,15 77j~14,1d,1e,15 77k~14,1d,1f,15 77l~14,1d,1g,15 \
    77m~14,1d,1h,15 77n~14,1d,1i,15 77o~14,1d,1j,15 77p~14,1d,1k,15 77q~14,1d,1l,15 \
    77r~14,1e,1c,15 77s~1d,1a 77t~1e,1a 77u~1f,1a 77v~1g,1a 77w~1h,1a 77x~1i,1a 77y~1j,1a \
    77z~1k,1a 780~1l,1a 781~1d,1c,1a 782~1d,1d,1a 783~1d,1e,1a 784~1d,1f,1a 785~1d,1g,1a \
    786~1d,1h,1a 787~1d,1i,1a 788~1d,1j,1a 789~1d,1k,1a 78a~1d,1l,1a 78b~1e,1c,1a 78c~14,2p,15 \
    78d~14,2q,15 78e~14,2r,15 78f~14,2s,15 78g~14,2t,15 78h~14,2u,15 78i~14,2v,15 78j~14,2w,15 \
    78k~14,2x,15 78l~14,2y,15 78m~14,2z,15 78n~14,30,15 78o~14,31,15 78p~14,32,15 78q~14,33,15 \
    78r~14,34,15 78s~14,35,15 78t~14,36,15 78u~14,37,15 78v~14,38,15 78w~14,39,15 78x~14,3a,15 \
    78y~14,3b,15 78z~14,3c,15 790~14,3d,15 791~14,3e,15 792~1t 793~1u 794~1v 795~1w 796~1x \
    797~1y 798~1z 799~20 79a~21 79b~22 79c~23 79d~24 79e~25 79f~26 79g~27 79h~28 79i~29 79j~2a \
    79k~2b 79l~2c 79m~2d 79n~2e 79o~2f 79p~2g 79q~2h 79r~2i 79s~2p 79t~2q 79u~2r 79v~2s 79w~2t \
    79x~2u 79y~2v 79z~2w 7a0~2x 7a1~2y 7a2~2z 7a3~30 7a4~31 7a5~32 7a6~33 7a7~34 7a8~35 7a9~36 \
    7aa~37 7ab~38 7ac~39 7ad~3a 7ae~3b 7af~3c 7ag~3d 7ah~3e 7ai~1c 8b0~6qz,6qz,6qz,6qz \
    8dw~1m,1m,1p 8dx~1p,1p 8dy~1p,1p,1p 8gs!8gt,mw 8sc~2y 8sd~2e 8z3~8yp 97j~lal 99v~vj3 \
    9a8~feo 9a9~ffs 9aa~fg6 9ab~fgf 9ac~fh5 9ad~fid 9ae~fik 9af~fj4 9ag~fju 9ah~g1r 9ai~g2t \
    9aj~g2z 9ak~g3m 9al~g46 9am~g4r 9an~g68 9ao~g6t 9ap~g74 9aq~gbf 9ar~ge1 9as~get 9at~gey \
    9au~gfs 9av~gg1 9aw~ggs 9ax~gh5 9ay~ghu 9az~gja 9b0~gjs 9b1~gkj 9b2~h5j 9b3~h7j 9b4~hkb \
    9b5~hky 9b6~hl6 9b7~hlh 9b8~hlz 9b9~ho3 9ba~i1c 9bb~i2o 9bc~i60 9bd~i6n 9be~i76 9bf~i7s \
    9bg~i9a 9bh~i9d 9bi~ijf 9bj~ijp 9bk~ik1 9bl~ike 9bm~inm 9bn~inu 9bo~inz 9bp~ir8 9bq~iri \
    9br~irv 9bs~is3 9bt~its 9bu~iu9 9bv~iur 9bw~iwz 9bx~jd4 9by~jee 9bz~jez 9c0~jzj 9c1~jzo \
    9c2~k1z 9c3~k2f 9c4~k2s 9c5~k3d 9c6~k4g 9c7~k4l 9c8~kc0 9c9~kco 9ca~kdk 9cb~l5s 9cc~l7m \
    9cd~l89 9ce~l9v 9cf~laj 9cg~las 9ch~laz 9ci~lcf 9cj~lck 9ck~ldg 9cl~m7f 9cm~mju 9cn~mk6 \
    9co~mkb 9cp~mkf 9cq~mkn 9cr~ml5 9cs~ml7 9ct~mng 9cu~mtg 9cv~mtl 9cw~n30 9cx~n3a 9cy~n4o \
    9cz~n4v 9d0~n54 9d1~n5c 9d2~n7v 9d3~n82 9d4~nee 9d5~nel 9d6~nfy 9d7~ngf 9d8~nhq 9d9~nob \
    9da~noi 9db~noz 9dc~ny2 9dd~o1k 9de~o1q 9df~o6s 9dg~o97 9dh~oah 9di~okz 9dj~ooo 9dk~p4m \
    9dl~p5d 9dm~p6y 9dn~p8d 9do~pa9 9dp~pak 9dq~paq 9dr~pbn 9ds~pdr 9dt~pe1 9du~pnn 9dv~pnu \
    9dw~po3 9dx~poc 9dy~pos 9dz~pp7 9e0~ppb 9e1~pri 9e2~prm 9e3~prs 9e4~qj1 9e5~qjv 9e6~qww \
    9e7~qx8 9e8~qxv 9e9~r5q 9ea~r63 9eb~r82 9ec~r9c 9ed~rp3 9ee~rpi 9ef~rpx 9eg~rqw 9eh~rrx \
    9ei~rxg 9ej~rxs 9ek~rzn 9el~s6j 9em~s7e 9en~sd7 9eo~sds 9ep~sdx 9eq~sk1 9er~sp5 9es~ssm \
    9et~sss 9eu~ssx 9ev~tiv 9ew~tj4 9ex~tng 9ey~trq 9ez~trt 9f0~tt4 9f1~tw1 9f2~twe 9f3~twi \
    9f4~twp 9f5~tzf 9f6~u0d 9f7~u0j 9f8~u0x 9f9~u5k 9fa~u6z 9fb~u73 9fc~uc6 9fd~uc9 9fe~ucs \
    9ff~ujs 9fg~ul4 9fh~ulb 9fi~un9 9fj~unj 9fk~unm 9fl~unw 9fm~uoq 9fn~uzp 9fo~vat 9fp~vb3 \
    9fq~vc5 9fr~vcr 9fs~vcz 9ft~vd9 9fu~vdd 9fv~veh 9fw~vel 9fx~vf2 9fy~vf7 9fz~vfk 9g0~vgb \
    9g1~vgq 9g2~vgy 9g3~vil 9g4~vj0 9g5~vj4 9hc~w 9iu~9hu 9iw~gg1 9ix~gg4 9iy~gg5 9jg=9jf,9ll \
    9ji=9jh,9ll 9jk=9jj,9ll 9jm=9jl,9ll 9jo=9jn,9ll 9jq=9jp,9ll 9js=9jr,9ll 9ju=9jt,9ll \
    9jw=9jv,9ll 9jy=9jx,9ll 9k0=9jz,9ll 9k2=9k1,9ll 9k5=9k4,9ll 9k7=9k6,9ll 9k9=9k8,9ll \
    9kg=9kf,9ll 9kh=9kf,9lm 9kj=9ki,9ll 9kk=9ki,9lm 9km=9kl,9ll 9kn=9kl,9lm 9kp=9ko,9ll \
    9kq=9ko,9lm 9ks=9kr,9ll 9kt=9kr,9lm 9lg=9ja,9ll 9ln~w,9ll 9lo~w,9lm 9lq=9lp,9ll 9lr~9l4,9l6 \
    9m4=9m3,9ll 9m6=9m5,9ll 9m8=9m7,9ll 9ma=9m9,9ll 9mc=9mb,9ll 9me=9md,9ll 9mg=9mf,9ll \
    9mi=9mh,9ll 9mk=9mj,9ll 9mm=9ml,9ll 9mo=9mn,9ll 9mq=9mp,9ll 9mt=9ms,9ll 9mv=9mu,9ll \
    9mx=9mw,9ll 9n4=9n3,9ll 9n5=9n3,9lm 9n7=9n6,9ll 9n8=9n6,9lm 9na=9n9,9ll 9nb=9n9,9lm \
    9nd=9nc,9ll 9ne=9nc,9lm 9ng=9nf,9ll 9nh=9nf,9lm 9o4=9ly,9ll 9o7=9nz,9ll 9o8=9o0,9ll \
    9o9=9o1,9ll 9oa=9o2,9ll 9oe=9od,9ll 9of~9mb,9mw 9pt~3cw 9pu~3cx 9pv~3hm 9pw~3cy 9px~3ho \
    9py~3hp 9pz~3cz 9q0~3d0 9q1~3d1 9q2~3hs 9q3~3ht 9q4~3hu 9q5~3hv 9q6~3hw 9q7~3hx 9q8~3dm \
    9q9~3d2 9qa~3d3 9qb~3d4 9qc~3dt 9qd~3d5 9qe~3d6 9qf~3d7 9qg~3d8 9qh~3d9 9qi~3da 9qj~3db \
    9qk~3dc 9ql~3dd 9qm~3de 9qn~3fl 9qo~3fm 9qp~3fn 9qq~3fo 9qr~3fp 9qs~3fq 9qt~3fr 9qu~3fs \
    9qv~3ft 9qw~3fu 9qx~3fv 9qy~3fw 9qz~3fx 9r0~3fy 9r1~3fz 9r2~3g0 9r3~3g1 9r4~3g2 9r5~3g3 \
    9r6~3g4 9r7~3g5 9r8~3fk 9r9~3dg 9ra~3dh 9rb~3if 9rc~3ig 9rd~3ik 9re~3im 9rf~3ir 9rg~3iv \
    9rh~3ix 9ri~3do 9rj~3j1 9rk~3j3 9rl~3dp 9rm~3dq 9rn~3ds 9ro~3du 9rp~3dv 9rq~3dz 9rr~3e1 \
    9rs~3e3 9rt~3e4 9ru~3e5 9rv~3e6 9rw~3e7 9rx~3ea 9ry~3ee 9rz~3eo 9s0~3ev 9s1~3f0 9s2~3jl \
    9s3~3jm 9s4~3fb 9s5~3fc 9s6~3fd 9s7~3gk 9s8~3gl 9s9~3go 9sa~3gx 9sb~3gy 9sc~3h0 9sd~3ha \
    9se~3hd 9si~feo 9sj~fik 9sk~fex 9sl~h5n 9sm~fey 9sn~ffx 9so~fez 9sp~n5e 9sq~fh5 9sr~ffd \
    9ss~fep 9st~hm1 9su~h80 9sv~fju 9vk~14,3cw,15 9vl~14,3cy,15 9vm~14,3cz,15 9vn~14,3d1,15 \
    9vo~14,3d2,15 9vp~14,3d3,15 9vq~14,3d5,15 9vr~14,3d7,15 9vs~14,3d8,15 9vt~14,3da,15 \
    9vu~14,3db,15 9vv~14,3dc,15 9vw~14,3dd,15 9vx~14,3de,15 9vy~14,3cw,3fl,15 9vz~14,3cy,3fl,15 \
    9w0~14,3cz,3fl,15 9w1~14,3d1,3fl,15 9w2~14,3d2,3fl,15 9w3~14,3d3,3fl,15 9w4~14,3d5,3fl,15 \
    9w5~14,3d7,3fl,15 9w6~14,3d8,3fl,15 9w7~14,3da,3fl,15 9w8~14,3db,3fl,15 9w9~14,3dc,3fl,15 \
    9wa~14,3dd,3fl,15 9wb~14,3de,3fl,15 9wc~14,3d8,3fy,15 9wd~14,3d7,3ft,3d8,3fp,3hn,15 \
    9we~14,3d7,3ft,3de,3fy,15 9wg~14,feo,15 9wh~14,fik,15 9wi~14,fex,15 9wj~14,h5n,15 \
    9wk~14,fis,15 9wl~14,g31,15 9wm~14,fer,15 9wn~14,g2z,15 9wo~14,fh9,15 9wp~14,gg1,15 \
    9wq~14,kco,15 9wr~14,m7f,15 9ws~14,ldg,15 9wt~14,kdk,15 9wu~14,ssx,15 9wv~14,h7j,15 \
    9ww~14,k4l,15 9wx~14,kkq,15 9wy~14,kcp,15 9wz~14,ny6,15 9x0~14,glp,15 9x1~14,mm1,15 \
    9x2~14,rs1,15 9x3~14,nz1,15 9x4~14,gc4,15 9x5~14,fkz,15 9x6~14,gos,15 9x7~14,i1y,15 \
    9x8~14,nhf,15 9x9~14,flt,15 9xa~14,rt3,15 9xb~14,ggk,15 9xc~14,nzh,15 9xd~14,fm9,15 \
    9xe~14,pnu,15 9xf~14,po3,15 9xg~gun 9xh~inw 9xi~k1z 9xj~oen 9xs~28,2c,1x 9xt~1e,1d \
    9xu~1e,1e 9xv~1e,1f 9xw~1e,1g 9xx~1e,1h 9xy~1e,1i 9xz~1e,1j 9y0~1e,1k 9y1~1e,1l 9y2~1f,1c \
    9y3~1f,1d 9y4~1f,1e 9y5~1f,1f 9y6~1f,1g 9y7~1f,1h 9y8~3cw 9y9~3cy 9ya~3cz 9yb~3d1 9yc~3d2 \
    9yd~3d3 9ye~3d5 9yf~3d7 9yg~3d8 9yh~3da 9yi~3db 9yj~3dc 9yk~3dd 9yl~3de 9ym~3cw,3fl \
    9yn~3cy,3fl 9yo~3cz,3fl 9yp~3d1,3fl 9yq~3d2,3fl 9yr~3d3,3fl 9ys~3d5,3fl 9yt~3d7,3fl \
    9yu~3d8,3fl 9yv~3da,3fl 9yw~3db,3fl 9yx~3dc,3fl 9yy~3dd,3fl 9yz~3de,3fl \
    9z0~3da,3fl,3hz,3cw,3ft 9z1~3d8,3fy,3d7,3g4 9z2~3d7,3fy 9z4~feo 9z5~fik 9z6~fex 9z7~h5n \
    9z8~fis 9z9~g31 9za~fer 9zb~g2z 9zc~fh9 9zd~gg1 9ze~kco 9zf~m7f 9zg~ldg 9zh~kdk 9zi~ssx \
    9zj~h7j 9zk~k4l 9zl~kkq 9zm~kcp 9zn~ny6 9zo~glp 9zp~mm1 9zq~rs1 9zr~nz1 9zs~gc4 9zt~o2g \
    9zu~n5j 9zv~ho3 9zw~six 9zx~g16 9zy~ghc 9zz~lig a00~u11 a01~fm9 a02~g49 a03~l7n a04~fey \
    a05~ffx a06~fez a07~ijq a08~gkz a09~gfv a0a~i3b a0b~i1y a0c~nhf a0d~flt a0e~rt3 a0f~ggk \
    a0g~hlo a0h~1f,1i a0i~1f,1j a0j~1f,1k a0k~1f,1l a0l~1g,1c a0m~1g,1d a0n~1g,1e a0o~1g,1f \
    a0p~1g,1g a0q~1g,1h a0r~1g,1i a0s~1g,1j a0t~1g,1k a0u~1g,1l a0v~1h,1c a0w~1d,kco a0x~1e,kco \
    a0y~1f,kco a0z~1g,kco a10~1h,kco a11~1i,kco a12~1j,kco a13~1k,kco a14~1l,kco a15~1d,1c,kco \
    a16~1d,1d,kco a17~1d,1e,kco a18~20,2v a19~2t,36,2v a1a~2t,2e a1b~24,2c,1w a1c~9lu a1d~9lw \
    a1e~9ly a1f~9m0 a1g~9m2 a1h~9m3 a1i~9m5 a1j~9m7 a1k~9m9 a1l~9mb a1m~9md a1n~9mf a1o~9mh \
    a1p~9mj a1q~9ml a1r~9mn a1s~9mp a1t~9ms a1u~9mu a1v~9mw a1w~9my a1x~9mz a1y~9n0 a1z~9n1 \
    a20~9n2 a21~9n3 a22~9n6 a23~9n9 a24~9nc a25~9nf a26~9ni a27~9nj a28~9nk a29~9nl a2a~9nm \
    a2b~9no a2c~9nq a2d~9ns a2e~9nt a2f~9nu a2g~9nv a2h~9nw a2i~9nx a2j~9nz a2k~9o0 a2l~9o1 \
    a2m~9o2 a2n~fl0,gp8 a2o~9lu,9n5,9oc,9mw a2p~9lu,9nv,9n9,9lt a2q~9lu,9o3,9ne,9lu \
    a2r~9lu,9oc,9nv a2s~9lw,9mz,9o3,9m8 a2t~9lw,9o3,9mp a2u~9ly,9m1,9o3 a2v~9m0,9mh,9m7,9oc,9mx \
    a2w~9m0,9oc,9m3,9oc a2x~9m2,9o3,9mh a2y~9m2,9oc,9nk a2z~9m3,9lw,9nu a30~9m3,9nt,9mr,9mw \
    a31~9m3,9nx,9nu,9oc a32~9m4,9nx,9o3 a33~9m4,9o3,9ni a34~9m6,9m4 a35~9m6,9mz,9oc \
    a36~9m5,9np,9nu,9oc a37~9m6,9nv,9mo,9oc a38~9m5,9nx a39~9m5,9nx,9m8,9nt,9nk \
    a3a~9m5,9nx,9nl,9oc,9mw,9nv a3b~9m5,9nx,9nz,9mr,9mw a3c~9m8,9nt,9nk a3d~9m8,9nt,9nk,9mw,9o3 \
    a3e~9m7,9nv,9mk,9lw,9nx a3f~9m7,9nx,9oc,9n1 a3g~9m9,9oc,9mh a3h~9mb,9nv,9my a3i~9mb,9oc,9nh \
    a3j~9md,9lw,9m7,9nv a3k~9md,9o3,9mp,9oc,9nk a3l~9mf,9nu,9o3,9m8 a3m~9mj,9o3,9mp \
    a3n~9mj,9o3,9mw a3o~9mo,9oc,9mh a3p~9mv,9mf a3q~9mx,9nv a3r~9mw,9o3 a3s~9my,9n2 \
    a3t~9n2,9mr,9mw a3u~9n3,9lw,9ms a3v~9n5,9oc,9mj,9o3,9mw a3w~9n5,9oc,9ms a3x~9n4,9oc,9nw,9nv \
    a3y~9n8,9lu,9mh,9mw,9nv a3z~9n8,9m7,9nv a40~9n8,9mb a41~9n7,9nv a42~9n9,9lt,9nt,9mr,9mx \
    a43~9n9,9lv,9oc,9mw a44~9na,9mr,9mf,9lz,9nv a45~9n9,9nt,9o3 a46~9nc,9m7,9mn,9oc,9nv \
    a47~9ne,9ml a48~9ne,9mz,9n6 a49~9nc,9nv,9ms a4a~9ne,9o3,9mh a4b~9ne,9oc,9mg a4c~9nd,9oc,9mn \
    a4d~9nh,9lw,9o3,9mw a4e~9ng,9nv,9mw a4f~9nf,9o3 a4g~9nh,9o3,9mx a4h~9nf,9oc,9nv \
    a4i~9nf,9oc,9o3 a4j~9ni,9lw,9m7,9nx a4k~9ni,9lw,9nv a4l~9ni,9mr,9n3 a4m~9ni,9nv,9m7 \
    a4n~9ni,9o3,9mf,9nr,9o3 a4o~9nj,9m7,9nx,9o3 a4p~9nj,9nu a4q~9nj,9nu,9n4,9oc,9nv a4r~9nl,9m4 \
    a4s~9nl,9m4,9mw,9o3 a4t~9nl,9oc,9mw,9nv a4u~9no,9oc,9mx a4v~9no,9oc,9nv a4w~9nq,9lu,9o3 \
    a4x~9nu,9mr,9mw,9nv a4y~9nu,9nt a4z~9nv,9n8,9oc a50~9nv,9oc,9na,9nv a51~9nw,9nk \
    a52~9nw,9o3,9mw,9ma,9o3 a53~9nz,9mr,9mw a54~1c,m9l a55~1d,m9l a56~1e,m9l a57~1f,m9l \
    a58~1g,m9l a59~1h,m9l a5a~1i,m9l a5b~1j,m9l a5c~1k,m9l a5d~1l,m9l a5e~1d,1c,m9l \
    a5f~1d,1d,m9l a5g~1d,1e,m9l a5h~1d,1f,m9l a5i~1d,1g,m9l a5j~1d,1h,m9l a5k~1d,1i,m9l \
    a5l~1d,1j,m9l a5m~1d,1k,m9l a5n~1d,1l,m9l a5o~1e,1c,m9l a5p~1e,1d,m9l a5q~1e,1e,m9l \
    a5r~1e,1f,m9l a5s~1e,1g,m9l a5t~2w,28,2p a5u~2s,2p a5v~1t,2d a5w~2q,2p,36 a5x~33,2e \
    a5y~34,2r a5z~2s,31 a60~2s,31,4y a61~2s,31,4z a62~21,2d a63~inn,jdc a64~k6l,gp8 a65~hlz,l7n \
    a66~k5q,lh7 a67~kkq,irz,fmi,ny6 a68~34,1t a69~32,1t a6a~qk,1t a6b~31,1t a6c~2z,1t a6d~23,1u \
    a6e~25,1u a6f~1z,1u a6g~2r,2p,30 a6h~2z,2r,2p,30 a6i~34,1y a6j~32,1y a6k~qk,1y a6l~qk,2v \
    a6m~31,2v a6n~2z,2v a6o~20,3e a6p~2z,20,3e a6q~25,20,3e a6r~1z,20,3e a6s~2c,20,3e \
    a6t~qk,6j7 a6u~31,6j7 a6v~2s,6j7 a6w~2z,6j7 a6x~2u,31 a6y~32,31 a6z~qk,31 a70~31,31 \
    a71~2r,31 a72~2z,31 a73~31,31,4y a74~2r,31,4y a75~31,4y a76~2z,31,4y a77~31,31,4z \
    a78~2r,31,4z a79~31,4z a7a~2z,31,4z a7b~31,6qd,37 a7c~31,6qd,37,4y a7d~28,2p a7e~2z,28,2p \
    a7f~25,28,2p a7g~1z,28,2p a7h~36,2p,2s a7i~36,2p,2s,6qd,37 a7j~36,2p,2s,6qd,37,4y a7k~34,37 \
    a7l~32,37 a7m~qk,37 a7n~31,37 a7o~34,2e a7p~32,2e a7q~qk,2e a7r~31,2e a7s~2z,2e a7t~25,2e \
    a7u~34,2f a7v~32,2f a7w~qk,2f a7x~31,2f a7y~2z,2f a7z~25,2f a80~2z,q1 a81~25,q1 \
    a82~2p,1a,31,1a a83~1u,35 a84~2r,2r a85~2r,2s a86~1v,6qd,2z,2v a87~1v,33,1a a88~2s,1u \
    a89~1z,3d a8a~2w,2p a8b~20,28 a8c~2x,32 a8d~23,23 a8e~23,25 a8f~2z,38 a8g~30,31 a8h~30,32 \
    a8i~30,33,2v a8j~30,3c a8k~31,2q a8l~31,2x,30 a8m~31,33,30 a8n~28,20 a8o~34,1a,31,1a \
    a8p~28,28,25 a8q~28,2a a8r~37,36 a8s~2b,3a a8t~2f,2q a8u~2e,6qd,31 a8v~1t,6qd,31 a8w~1d,k4l \
    a8x~1e,k4l a8y~1f,k4l a8z~1g,k4l a90~1h,k4l a91~1i,k4l a92~1j,k4l a93~1k,k4l a94~1l,k4l \
    a95~1d,1c,k4l a96~1d,1d,k4l a97~1d,1e,k4l a98~1d,1f,k4l a99~1d,1g,k4l a9a~1d,1h,k4l \
    a9b~1d,1i,k4l a9c~1d,1j,k4l a9d~1d,1k,k4l a9e~1d,1l,k4l a9f~1e,1c,k4l a9g~1e,1d,k4l \
    a9h~1e,1e,k4l a9i~1e,1f,k4l a9j~1e,1g,k4l a9k~1e,1h,k4l a9l~1e,1i,k4l a9m~1e,1j,k4l \
    a9n~1e,1k,k4l a9o~1e,1l,k4l a9p~1f,1c,k4l a9q~1f,1d,k4l a9r~2v,2p,30 wws~ui wwt~uk x2o~x2n \
    x6a~1v x6b~1y x6c~29 x6g~86 x6h~9f xuk~x0n xul~xtj xum~h7 xun~xua xux~i5 1d6o!rpk 1d6p!kc4 \
    1d6q!s7e 1d6r!rt4 1d6s!lw1 1d6t!fg2 1d6u!gkl 1d6v!vj0 1d6w!vj0 1d6x!hn5 1d6y!ssx 1d6z!gw7 \
    1d70!hmw 1d71!jcm 1d72!ne1 1d73!p6t 1d74!qin 1d75!qt6 1d76!r20 1d77!sjz 1d78!kxu 1d79!ljv \
    1d7a!mah 1d7b!mvy 1d7c!q4d 1d7d!sq2 1d7e!uep 1d7f!fia 1d7g!ghh 1d7h!l50 1d7i!mjf 1d7j!qi5 \
    1d7k!v8e 1d7l!ifk 1d7m!m3v 1d7n!qfh 1d7o!r50 1d7p!jih 1d7q!pnc 1d7r!qvz 1d7s!iq2 1d7t!kd3 \
    1d7u!lm2 1d7v!mpo 1d7w!slq 1d7x!fpi 1d7y!g53 1d7z!gda 1d80!jwk 1d81!l3n 1d82!mj4 1d83!nhj \
    1d84!pa9 1d85!qh2 1d86!qjg 1d87!s1b 1d88!tv6 1d89!upb 1d8a!v7e 1d8b!nt8 1d8c!nzz 1d8d!otc \
    1d8e!q15 1d8f!t1g 1d8g!vb3 1d8h!rfa 1d8i!hjz 1d8j!iro 1d8k!okg 1d8l!pdq 1d8m!mle 1d8n!nuy \
    1d8o!rsy 1d8p!ttj 1d8q!hjs 1d8r!i8y 1d8s!kyb 1d8t!lp6 1d8u!lxr 1d8v!oq7 1d8w!oxj 1d8x!tor \
    1d8y!gcy 1d8z!pe3 1d90!g64 1d91!g5o 1d92!o4c 1d93!ou6 1d94!q29 1d95!tpx 1d96!rk0 1d97!jin \
    1d98!kxu 1d99!rge 1d9a!fg9 1d9b!i5j 1d9c!iz6 1d9d!mtj 1d9e!n74 1d9f!gev 1d9g!nwb 1d9h!fr3 \
    1d9i!iw9 1d9j!ff1 1d9k!lho 1d9l!k1k 1d9m!opu 1d9n!gjn 1d9o!hge 1d9p!ni9 1d9q!q4p 1d9r!re2 \
    1d9s!la2 1d9t!sds 1d9u!lfs 1d9v!jjy 1d9w!put 1d9x!jog 1d9y!n6t 1d9z!fji 1da0!g2x 1da1!g5l \
    1da2!kn5 1da3!oo7 1da4!prj 1da5!rf6 1da6!ssv 1da7!gdx 1da8!gn6 1da9!ho3 1daa!ir0 1dab!k3p \
    1dac!m4e 1dad!nxm 1dae!tkd 1daf!ui2 1dag!vbr 1dah!vda 1dai!gbf 1daj!kau 1dak!l87 1dal!sbm \
    1dam!ino 1dan!j9s 1dao!jcw 1dap!jve 1daq!lyb 1dar!mdl 1das!n0p 1dat!o22 1dau!ovo 1dav!pdb \
    1daw!s9y 1dax!q9a 1day!sgz 1daz!t3e 1db0!g7r 1db1!gbn 1db2!gql 1db3!ma0 1db4!r0i 1db5!re2 \
    1db6!iq1 1db7!iyd 1db8!jnf 1db9!l9q 1dba!oji 1dbb!mt1 1dbc!fl0 1dbd!h6h 1dbe!i5j 1dbf!iii \
    1dbg!izg 1dbh!muq 1dbi!mzt 1dbj!p7e 1dbk!pc6 1dbl!svo 1dbm!tti 1dbn!tvs 1dbo!u1k 1dbp!fpn \
    1dbq!o1a 1dbr!ss4 1dbs!trs 1dbt!j4x 1dbu!fie 1dbv!fyy 1dbw!i5q 1dbx!i7z 1dby!k2h 1dbz!kxu \
    1dc0!mha 1dc1!ncy 1dc2!q9o 1dc3!sjg 1dc4!vil 1dc5!k94 1dc6!tny 1dc7!gax 1dc8!kfv 1dc9!kj7 \
    1dca!lkx 1dcb!luk 1dcc!mx5 1dcd!n6h 1dce!nsb 1dcf!opc 1dcg!u3i 1dch!g31 1dci!je6 1dcj!tq0 \
    1dck!fu3 1dcl!ie1 1dcm!lpm 1dcn!sa2 1dco!ivf 1dcp!j7o 1dcq!kk7 1dcr!mtj 1dcs!tqe 1dct!g89 \
    1dcu!glr 1dcv!i91 1dcw!k5v 1dcx!kem 1dcy!ko8 1dcz!lid 1dd0!mx2 1dd1!naa 1dd2!p6h 1dd3!r0v \
    1dd4!r1d 1dd5!sss 1dd6!tsy 1dd7!gfz 1dd8!lve 1dd9!gm5 1dda!mhc 1ddb!n14 1ddc!qgq 1ddd!tr7 \
    1dde!uvr 1ddf!vbz 1ddg!kgn 1ddh!lor 1ddi!pns 1ddj!o97 1ddk!obk 1ddl!olu 1ddm!mo0 1ddn!m8p \
    1ddo!riw 1ddp!fk0 1ddq!px2 1ddr!g8q 1dds!g7b 1ddt!ip2 1ddu!jir 1ddv!onq 1ddw!i2t 1ddx!ljy \
    1ddy!kac 1ddz!saj 1de0!qx8 1de1!tot 1de2!r63 1de3!iqb 1de4!g1s 1de5!gxs 1de8!hga 1dea!k8k \
    1ded!g66 1dee!mqy 1def!ngq 1deg!ny4 1deh!nz2 1dei!nz9 1dej!o0f 1dek!tw6 1del!on2 1dem!p8d \
    1deo!qhe 1deq!rg8 1det!shk 1deu!sn1 1dey!u7j 1dez!u7w 1df0!u94 1df1!v5g 1df2!sm6 1df3!trr \
    1df4!fqm 1df5!fzb 1df6!g25 1df7!gcp 1df8!gdg 1df9!ggh 1dfa!gwt 1dfb!gzq 1dfc!h2g 1dfd!hfk \
    1dfe!hig 1dff!i90 1dfg!i9a 1dfh!j2s 1dfi!j8o 1dfj!j9q 1dfk!jci 1dfl!k0f 1dfm!k4i 1dfn!k9d \
    1dfo!kn9 1dfp!lmf 1dfq!lqy 1dfr!lya 1dfs!mem 1dft!mjv 1dfu!mxu 1dfv!ntd 1dfw!ny6 1dfx!nyh \
    1dfy!nyg 1dfz!nyo 1dg0!nyu 1dg1!nz1 1dg2!o0d 1dg3!o0e 1dg4!o5c 1dg5!o75 1dg6!og0 1dg7!ovo \
    1dg8!ow9 1dg9!oxt 1dga!p6a 1dgb!pad 1dgc!pnx 1dgd!prt 1dge!prt 1dgf!q53 1dgg!r2o 1dgh!r6e \
    1dgi!rgh 1dgj!ri1 1dgk!rtf 1dgl!ruw 1dgm!sdy 1dgn!shk 1dgo!tsz 1dgp!u0v 1dgq!u2j 1dgr!j1x \
    1dgs!36cu 1dgt!pp4 1dgw!ffq 1dgx!g51 1dgy!g2w 1dgz!fpc 1dh0!g1x 1dh1!g3k 1dh2!gcn 1dh3!ge2 \
    1dh4!gwt 1dh5!gut 1dh6!gwp 1dh7!gyq 1dh8!hga 1dh9!hir 1dha!hms 1dhb!hn8 1dhc!huq 1dhd!i08 \
    1dhe!iqa 1dhf!iqh 1dhg!iuh 1dhh!iwd 1dhi!j4o 1dhj!j7y 1dhk!j60 1dhl!j9q 1dhm!j8g 1dhn!jci \
    1dho!jec 1dhp!jpg 1dhq!jrw 1dhr!jte 1dhs!k0m 1dht!k8k 1dhu!kd3 1dhv!kd7 1dhw!keu 1dhx!l89 \
    1dhy!la2 1dhz!lkx 1di0!lwb 1di1!lvv 1di2!lya 1di3!m5a 1di4!mem 1di5!nmv 1di6!mk5 1di7!mnj \
    1di8!mqy 1di9!n01 1dia!n46 1dib!n5n 1dic!nbx 1did!nbz 1die!ngq 1dif!nh7 1dig!nhw 1dih!nka \
    1dii!nk0 1dij!nv0 1dik!o8h 1dil!og0 1dim!ol7 1din!orf 1dio!ovo 1dip!p4u 1diq!pad 1dir!pxu \
    1dis!q27 1dit!qrd 1diu!r41 1div!r5y 1diw!r6e 1dix!ren 1diy!rg8 1diz!rez 1dj0!rgh 1dj1!rge \
    1dj2!rfx 1dj3!ri1 1dj4!rka 1dj5!ruw 1dj6!sag 1dj7!sj6 1dj8!srd 1dj9!sxi 1dja!tq4 1djb!tsz \
    1djc!tw6 1djd!tzv 1dje!u0v 1djf!u17 1djg!u2j 1djh!umq 1dji!vj0 1djj!313e 1djk!3138 \
    1djl!33dh 1djm!brx 1djn!cns 1djo!cop 1djp!39e1 1djq!3bgw 1djr!3i6r 1djs!vgj 1djt!vim \
    1dkw~2u,2u 1dkx~2u,2x 1dky~2u,30 1dkz~2u,2u,2x 1dl0~2u,2u,30 1dl1~an,38 1dl2~37,38 \
    1dlf~12s,12u 1dlg~12s,12d 1dlh~12s,12j 1dli~132,12u 1dlj~12s,12l 1dlp!15l,14k 1dlr!16a,14n \
    1dls~15u 1dlt~15c 1dlu~15f 1dlv~15g 1dlw~15n 1dlx~15o 1dly~15p 1dlz~160 1dm0~162 1dm1~17 \
    1dm2!161,14x 1dm3!161,14y 1dm4!1dmx,14x 1dm5!1dmx,14y 1dm6!15c,14n 1dm7!15c,14o \
    1dm8!15c,14s 1dm9!15d,14s 1dma!15e,14s 1dmb!15f,14s 1dmc!15g,14s 1dmd!15h,14s 1dme!15i,14s \
    1dmg!15k,14s 1dmh!15l,14s 1dmi!15m,14s 1dmj!15n,14s 1dmk!15o,14s 1dmm!15q,14s 1dmo!15s,14s \
    1dmp!15t,14s 1dmr!15v,14s 1dms!15w,14s 1dmu!15y,14s 1dmv!15z,14s 1dmw!160,14s 1dmx!161,14s \
    1dmy!162,14s 1dmz!15h,14p 1dn0!15d,14v 1dn1!15n,14v 1dn2!15w,14v 1dn3~15c,15o 1dn4~19t \
    1dn5~19t 1dn6~1a3 1dn7~1a3 1dn8~1a3 1dn9~1a3 1dna~1a6 1dnb~1a6 1dnc~1a6 1dnd~1a6 1dne~1a8 \
    1dnf~1a8 1dng~1a8 1dnh~1a8 1dni~1a2 1dnj~1a2 1dnk~1a2 1dnl~1a2 1dnm~1a7 1dnn~1a7 1dno~1a7 \
    1dnp~1a7 1dnq~1a1 1dnr~1a1 1dns~1a1 1dnt~1a1 1dnu~1b8 1dnv~1b8 1dnw~1b8 1dnx~1b8 1dny~1ba \
    1dnz~1ba 1do0~1ba 1do1~1ba 1do2~1ac 1do3~1ac 1do4~1ac 1do5~1ac 1do6~1ab 1do7~1ab 1do8~1ab \
    1do9~1ab 1doa~1ae 1dob~1ae 1doc~1ae 1dod~1ae 1doe~1af 1dof~1af 1dog~1af 1doh~1af 1doi~1al \
    1doj~1al 1dok~1ak 1dol~1ak 1dom~1am 1don~1am 1doo~1ag 1dop~1ag 1doq~1aw 1dor~1aw 1dos~1ap \
    1dot~1ap 1dou~1bd 1dov~1bd 1dow~1bd 1dox~1bd 1doy~1bj 1doz~1bj 1dp0~1bj 1dp1~1bj 1dp2~1bn \
    1dp3~1bn 1dp4~1bn 1dp5~1bn 1dp6~1bl 1dp7~1bl 1dp8~1bl 1dp9~1bl 1dpa~1bu 1dpb~1bu 1dpc~1bv \
    1dpd~1bv 1dpe~1bv 1dpf~1bv 1dpg~1c0 1dph~1c0 1dpi~1c1 1dpj~1c1 1dpk~1c1 1dpl~1c1 1dpm~1by \
    1dpn~1by 1dpo~1by 1dpp~1by 1dpq~1ci 1dpr~1ci 1dps~1cj 1dpt~1cj 1dqr~1bh 1dqs~1bh 1dqt~1bh \
    1dqu~1bh 1dqv~1c7 1dqw~1c7 1dqx~1c6 1dqy~1c6 1dqz~1c8 1dr0~1c8 1dr1~19z 1dr2~1cb 1dr3~1cb \
    1dr4~1c5 1dr5~1c5 1dr6~1c9 1dr7~1c9 1dr8~1cg 1dr9~1cg 1dra~1cg 1drb~1cg 1drc~18p 1drd~18p \
    1dre~17q,17r 1drf~17q,17r 1drg~17q,1cl 1drh~17q,1cl 1dri~17q,18o 1drj~17q,18o 1drk~17q,1c7 \
    1drl~17q,1c7 1drm~17q,1c6 1drn~17q,1c6 1dro~17q,1c8 1drp~17q,1c8 1drq~17q,1cg 1drr~17q,1cg \
    1drs~17q,1cg 1drt~17q,18p 1dru~17q,18p 1drv~17q,18p 1drw~1cc 1drx~1cc 1dry~1cc 1drz~1cc \
    1ds0~17q,17w 1ds1~17q,17x 1ds2~17q,18l 1ds3~17q,18p 1ds4~17q,18q 1ds5~17s,17w 1ds6~17s,17x \
    1ds7~17s,17y 1ds8~17s,18l 1ds9~17s,18p 1dsa~17s,18q 1dsb~17u,17w 1dsc~17u,17x 1dsd~17u,17y \
    1dse~17u,18l 1dsf~17u,18p 1dsg~17u,18q 1dsh~17v,17w 1dsi~17v,18l 1dsj~17v,18p 1dsk~17v,18q \
    1dsl~17w,17x 1dsm~17w,18l 1dsn~17x,17w 1dso~17x,18l 1dsp~17y,17w 1dsq~17y,17x 1dsr~17y,18l \
    1dss~183,17w 1dst~183,17x 1dsu~183,17y 1dsv~183,18l 1dsw~185,17x 1dsx~185,18l 1dsy~186,17w \
    1dsz~186,17x 1dt0~186,17y 1dt1~186,18l 1dt2~187,17x 1dt3~187,18l 1dt4~188,18l 1dt5~189,17w \
    1dt6~189,18l 1dt7~18a,17w 1dt8~18a,18l 1dt9~18h,17w 1dta~18h,17x 1dtb~18h,17y 1dtc~18h,18l \
    1dtd~18h,18p 1dte~18h,18q 1dtf~18i,17x 1dtg~18i,18l 1dth~18i,18p 1dti~18i,18q 1dtj~18j,17r \
    1dtk~18j,17w 1dtl~18j,17x 1dtm~18j,17y 1dtn~18j,18k 1dto~18j,18l 1dtp~18j,18p 1dtq~18j,18q \
    1dtr~18k,17w 1dts~18k,17x 1dtt~18k,17y 1dtu~18k,18l 1dtv~18k,18p 1dtw~18k,18q 1dtx~18l,17w \
    1dty~18l,17x 1dtz~18l,17y 1du0~18l,18l 1du1~18l,18p 1du2~18l,18q 1du3~18m,17w 1du4~18m,17x \
    1du5~18m,17y 1du6~18m,18l 1du7~18m,18p 1du8~18m,18q 1du9~18n,17w 1dua~18n,18l 1dub~18n,18p \
    1duc~18n,18q 1dud~18q,17w 1due~18q,17x 1duf~18q,17y 1dug~18q,18l 1duh~18q,18p 1dui~18q,18q \
    1duj~180,19s 1duk~181,19s 1dul~18p,19s 1dum~w,18s,18x 1dun~w,18t,18x 1duo~w,18u,18x \
    1dup~w,18v,18x 1duq~w,18w,18x 1dur~w,18x,19s 1dus~17q,181 1dut~17q,182 1duu~17q,18l \
    1duv~17q,18m 1duw~17q,18p 1dux~17q,18q 1duy~17s,181 1duz~17s,182 1dv0~17s,18l 1dv1~17s,18m \
    1dv2~17s,18p 1dv3~17s,18q 1dv4~17u,181 1dv5~17u,182 1dv6~17u,18l 1dv7~17u,18m 1dv8~17u,18p \
    1dv9~17u,18q 1dva~17v,181 1dvb~17v,182 1dvc~17v,18l 1dvd~17v,18m 1dve~17v,18p 1dvf~17v,18q \
    1dvg~18h,18p 1dvh~18h,18q 1dvi~18i,18p 1dvj~18i,18q 1dvk~18j,17r 1dvl~18j,18k 1dvm~18j,18l \
    1dvn~18j,18p 1dvo~18j,18q 1dvp~18k,18l 1dvq~18k,18p 1dvr~18k,18q 1dvs~18l,17r 1dvt~18l,18l \
    1dvu~18m,181 1dvv~18m,182 1dvw~18m,18l 1dvx~18m,18m 1dvy~18m,18p 1dvz~18m,18q 1dw0~18p,19s \
    1dw1~18q,181 1dw2~18q,182 1dw3~18q,18l 1dw4~18q,18m 1dw5~18q,18p 1dw6~18q,18q 1dw7~17q,17w \
    1dw8~17q,17x 1dw9~17q,17y 1dwa~17q,18l 1dwb~17q,18n 1dwc~17s,17w 1dwd~17s,17x 1dwe~17s,17y \
    1dwf~17s,18l 1dwg~17s,18n 1dwh~17u,17w 1dwi~17u,17x 1dwj~17u,17y 1dwk~17u,18l 1dwl~17u,18n \
    1dwm~17v,18l 1dwn~17w,17x 1dwo~17w,18l 1dwp~17x,17w 1dwq~17x,18l 1dwr~17y,17w 1dws~17y,18l \
    1dwt~183,17w 1dwu~183,17x 1dwv~183,17y 1dww~183,18l 1dwx~185,17x 1dwy~185,17y 1dwz~185,18l \
    1dx0~186,17w 1dx1~186,17x 1dx2~186,17y 1dx3~186,18l 1dx4~187,17x 1dx5~188,18l 1dx6~189,17w \
    1dx7~189,18l 1dx8~18a,17w 1dx9~18a,18l 1dxa~18h,17w 1dxb~18h,17x 1dxc~18h,17y 1dxd~18h,18l \
    1dxe~18i,17x 1dxf~18i,18l 1dxg~18j,17w 1dxh~18j,17x 1dxi~18j,17y 1dxj~18j,18k 1dxk~18j,18l \
    1dxl~18k,17w 1dxm~18k,17x 1dxn~18k,17y 1dxo~18k,18l 1dxp~18k,18n 1dxq~18l,17w 1dxr~18l,17x \
    1dxs~18l,17y 1dxt~18l,18l 1dxu~18m,17w 1dxv~18m,17x 1dxw~18m,17y 1dxx~18m,18l 1dxy~18m,18n \
    1dxz~18n,17w 1dy0~18n,18l 1dy1~18n,19s 1dy2~18q,17w 1dy3~18q,17x 1dy4~18q,17y 1dy5~18q,18l \
    1dy6~18q,18n 1dy7~17q,18l 1dy8~17q,18n 1dy9~17s,18l 1dya~17s,18n 1dyb~17u,18l 1dyc~17u,18n \
    1dyd~17v,18l 1dye~17v,18n 1dyf~183,18l 1dyg~183,18n 1dyh~184,18l 1dyi~184,18n 1dyj~18j,18k \
    1dyk~18j,18l 1dyl~18k,18l 1dym~18m,18l 1dyn~18m,18n 1dyo~18q,18l 1dyp~18q,18n \
    1dyq~18g,18u,18x 1dyr~18g,18v,18x 1dys~18g,18w,18x 1dyt~187,18p 1dyu~187,18q 1dyv~189,18p \
    1dyw~189,18q 1dyx~18a,18p 1dyy~18a,18q 1dyz~183,18p 1dz0~183,18q 1dz1~184,18p 1dz2~184,18q \
    1dz3~17x,18p 1dz4~17x,18q 1dz5~17w,18p 1dz6~17w,18q 1dz7~17y,18p 1dz8~17y,18q 1dz9~185,18p \
    1dza~185,18q 1dzb~186,18p 1dzc~186,18q 1dzd~184,17w 1dze~184,17x 1dzf~184,17y 1dzg~184,18l \
    1dzh~184,181 1dzi~183,181 1dzj~185,181 1dzk~186,181 1dzl~187,18p 1dzm~187,18q 1dzn~189,18p \
    1dzo~189,18q 1dzp~18a,18p 1dzq~18a,18q 1dzr~183,18p 1dzs~183,18q 1dzt~184,18p 1dzu~184,18q \
    1dzv~17x,18p 1dzw~17x,18q 1dzx~17w,18p 1dzy~17w,18q 1dzz~17y,18p 1e00~17y,18q 1e01~185,18p \
    1e02~185,18q 1e03~186,18p 1e04~186,18q 1e05~184,17w 1e06~184,17x 1e07~184,17y 1e08~184,18l \
    1e09~184,181 1e0a~183,181 1e0b~185,181 1e0c~186,181 1e0d~184,17w 1e0e~184,17x 1e0f~184,17y \
    1e0g~184,18l 1e0h~183,18n 1e0i~184,18n 1e0j~187,18l 1e0k~183,17w 1e0l~183,17x 1e0m~183,17y \
    1e0n~184,17w 1e0o~184,17x 1e0p~184,17y 1e0q~187,18l 1e0r~188,18l 1e0s~17r,18r 1e0t~17r,18r \
    1e1c~17u,17w,18l 1e1d~17u,17x,17w 1e1e~17u,17x,17w 1e1f~17u,17x,18l 1e1g~17u,17y,18l \
    1e1h~17u,18l,17w 1e1i~17u,18l,17x 1e1j~17u,18l,17y 1e1k~17w,18l,17x 1e1l~17w,18l,17x \
    1e1m~17x,18l,18q 1e1n~17x,18l,18p 1e1o~183,17x,17w 1e1p~183,17w,17x 1e1q~183,17w,18p \
    1e1r~183,18l,17x 1e1s~183,18l,17x 1e1t~183,18l,17w 1e1u~183,18l,18l 1e1v~183,18l,18l \
    1e1w~185,17x,17x 1e1x~185,17x,17x 1e1y~185,18l,18l 1e1z~184,17x,18l 1e20~184,17x,18l \
    1e21~184,17w,18q 1e22~184,18l,17y 1e23~184,18l,17y 1e24~184,18l,18l 1e25~184,18l,18l \
    1e26~186,17x,18p 1e27~186,17y,18l 1e28~186,17y,18l 1e29~187,18l,17x 1e2a~187,18l,17x \
    1e2b~187,18l,18l 1e2c~187,18l,18q 1e2d~189,17w,18l 1e2e~189,18l,18l 1e2f~189,18l,18l \
    1e2g~189,18l,18p 1e2h~18a,18l,18l 1e2i~18a,18l,18q 1e2j~18a,18l,18p 1e2k~18h,17y,18l \
    1e2l~18h,17y,18l 1e2m~18i,18l,17x 1e2n~18i,18l,18l 1e2o~18k,17x,18l 1e2p~18k,17x,18q \
    1e2q~18k,17x,18p 1e2r~18k,17w,17w 1e2s~18k,17w,17w 1e2t~18k,17y,18l 1e2u~18k,17y,18l \
    1e2v~18k,18l,17x 1e2w~18k,18l,17x 1e2x~18l,17x,17w 1e2y~18l,17x,18l 1e2z~18l,17x,18q \
    1e30~18l,17w,17x 1e31~18l,17w,18l 1e32~18l,17y,17w 1e33~18l,17y,18l 1e36~18l,17w,17y \
    1e37~18n,18l,17w 1e38~18n,18l,18l 1e39~18m,17x,18l 1e3a~18m,17x,18p 1e3b~18m,17w,18l \
    1e3c~18m,17w,18l 1e3d~18m,17w,18p 1e3e~18m,18l,18q 1e3f~18m,18l,18p 1e3g~18q,18l,18l \
    1e3h~18q,18l,18l 1e3i~17s,17y,18q 1e3j~17u,17w,18q 1e3k~17u,17w,18p 1e3l~17u,17y,18q \
    1e3m~17u,17y,18p 1e3n~17u,18l,18q 1e3o~17u,18l,18p 1e3p~17w,18l,18q 1e3q~17w,17x,18p \
    1e3r~17w,18l,18p 1e3s~183,17y,18p 1e3t~185,17x,18q 1e3u~184,17x,18q 1e3v~186,17x,18q \
    1e3w~18k,17w,18q 1e3x~18k,18l,18q 1e3y~18q,17x,18q 1e3z~18q,17w,18q 1e40~18q,18l,18q \
    1e41~18l,18l,18q 1e42~18i,18l,18q 1e43~18m,17x,18q 1e44~18i,18l,17x 1e45~18k,17x,18l \
    1e46~189,18l,18q 1e47~18j,18l,18q 1e48~18m,17w,17x 1e49~18l,17y,18q 1e4a~18k,17w,18l \
    1e4b~18j,18l,18l 1e4c~18k,17w,18l 1e4d~18m,17w,17x 1e4e~17w,17x,18q 1e4f~17x,17w,18q \
    1e4g~18l,17w,18q 1e4h~18h,18l,18q 1e4i~17s,17x,18q 1e4j~18j,18l,18l 1e4k~189,17w,18l \
    1e4l~185,18l,18l 1e4m~183,17y,18q 1e4n~18m,17w,18q 1e5s~185,18k,1ci 1e5t~18i,18k,1ci \
    1e5u~17r,18k,18k,18n 1e5v~17r,18j,17s,181 1e5w~18l,17x,18l,17z 1e5x~185,18k,189,18l \
    1e5y~181,183,18o,18k 1e5z~189,18k,18q,18n 1e60~18o,183,18k,18l 1e61~185,18k,18p \
    1e62~185,18k,18p,w,17r,18k,18k,18n,w,189,18k,18q,18n,w,18o,183,18k,18l \
    1e63~17w,18k,w,17w,18k,17r,18k,18n 1e64~181,1cc,17r,18k 1e6o~18 1e6p~9hd 1e6q~9he 1e6r~1m \
    1e6s~1n 1e6t~x 1e6u~1r 1e6v~9hy 1e6w~9hz 1e6x~6cm 1e7k~6cl 1e7l~6c4 1e7m~6c3 1e7n~2n \
    1e7o~2n 1e7p~14 1e7q~15 1e7r~3f 1e7s~3h 1e7t~9hw 1e7u~9hx 1e7v~9hs 1e7w~9ht 1e7x~9hm \
    1e7y~9hn 1e7z~9hk 1e80~9hl 1e81~9ho 1e82~9hp 1e83~9hq 1e84~9hr 1e87~2j 1e88~2l 1e89~6da \
    1e8a~6da 1e8b~6da 1e8c~6da 1e8d~2n 1e8e~2n 1e8f~2n 1e8g~18 1e8h~9hd 1e8i~1a 1e8k~1n 1e8l~1m \
    1e8m~1r 1e8n~x 1e8o~6c4 1e8p~14 1e8q~15 1e8r~3f 1e8s~3h 1e8t~9hw 1e8u~9hx 1e8v~z 1e8w~12 \
    1e8x~16 1e8y~17 1e8z~19 1e90~1o 1e91~1q 1e92~1p 1e94~2k 1e95~10 1e96~11 1e97~1s 1e9c~w,18r \
    1e9d~18g,18r 1e9e~w,18s 1e9g~w,18t 1e9i~w,18u 1e9j~18g,18u 1e9k~w,18v 1e9l~18g,18v \
    1e9m~w,18w 1e9n~18g,18w 1e9o~w,18x 1e9p~18g,18x 1e9q~w,18y 1e9r~18g,18y 1e9s~17l 1e9t~17m \
    1e9u~17m 1e9v~17n 1e9w~17n 1e9x~17o 1e9y~17o 1e9z~17p 1ea0~17p 1ea1~17q 1ea2~17q 1ea3~17q \
    1ea4~17q 1ea5~17r 1ea6~17r 1ea7~17s 1ea8~17s 1ea9~17s 1eaa~17s 1eab~17t 1eac~17t 1ead~17u \
    1eae~17u 1eaf~17u 1eag~17u 1eah~17v 1eai~17v 1eaj~17v 1eak~17v 1eal~17w 1eam~17w 1ean~17w \
    1eao~17w 1eap~17x 1eaq~17x 1ear~17x 1eas~17x 1eat~17y 1eau~17y 1eav~17y 1eaw~17y 1eax~17z \
    1eay~17z 1eaz~180 1eb0~180 1eb1~181 1eb2~181 1eb3~182 1eb4~182 1eb5~183 1eb6~183 1eb7~183 \
    1eb8~183 1eb9~184 1eba~184 1ebb~184 1ebc~184 1ebd~185 1ebe~185 1ebf~185 1ebg~185 1ebh~186 \
    1ebi~186 1ebj~186 1ebk~186 1ebl~187 1ebm~187 1ebn~187 1ebo~187 1ebp~188 1ebq~188 1ebr~188 \
    1ebs~188 1ebt~189 1ebu~189 1ebv~189 1ebw~189 1ebx~18a 1eby~18a 1ebz~18a 1ec0~18a 1ec1~18h \
    1ec2~18h 1ec3~18h 1ec4~18h 1ec5~18i 1ec6~18i 1ec7~18i 1ec8~18i 1ec9~18j 1eca~18j 1ecb~18j \
    1ecc~18j 1ecd~18k 1ece~18k 1ecf~18k 1ecg~18k 1ech~18l 1eci~18l 1ecj~18l 1eck~18l 1ecl~18m \
    1ecm~18m 1ecn~18m 1eco~18m 1ecp~18n 1ecq~18n 1ecr~18n 1ecs~18n 1ect~18o 1ecu~18o 1ecv~18p \
    1ecw~18p 1ecx~18q 1ecy~18q 1ecz~18q 1ed0~18q 1ed1~18k,17m 1ed2~18k,17m 1ed3~18k,17n \
    1ed4~18k,17n 1ed5~18k,17p 1ed6~18k,17p 1ed7~18k,17r 1ed8~18k,17r 1edd~x 1ede~y 1edf~z \
    1edg~10 1edh~11 1edi~12 1edj~13 1edk~14 1edl~15 1edm~16 1edn~17 1edo~18 1edp~19 1edq~1a \
    1edr~1b 1eds~1c 1edt~1d 1edu~1e 1edv~1f 1edw~1g 1edx~1h 1edy~1i 1edz~1j 1ee0~1k 1ee1~1l \
    1ee2~1m 1ee3~1n 1ee4~1o 1ee5~1p 1ee6~1q 1ee7~1r 1ee8~1s 1ee9~1t 1eea~1u 1eeb~1v 1eec~1w \
    1eed~1x 1eee~1y 1eef~1z 1eeg~20 1eeh~21 1eei~22 1eej~23 1eek~24 1eel~25 1eem~26 1een~27 \
    1eeo~28 1eep~29 1eeq~2a 1eer~2b 1ees~2c 1eet~2d 1eeu~2e 1eev~2f 1eew~2g 1eex~2h 1eey~2i \
    1eez~2j 1ef0~2k 1ef1~2l 1ef2~2m 1ef3~2n 1ef4~2o 1ef5~2p 1ef6~2q 1ef7~2r 1ef8~2s 1ef9~2t \
    1efa~2u 1efb~2v 1efc~2w 1efd~2x 1efe~2y 1eff~2z 1efg~30 1efh~31 1efi~32 1efj~33 1efk~34 \
    1efl~35 1efm~36 1efn~37 1efo~38 1efp~39 1efq~3a 1efr~3b 1efs~3c 1eft~3d 1efu~3e 1efv~3f \
    1efw~3g 1efx~3h 1efy~3i 1efz~879 1eg0~87a 1eg1~9he 1eg2~9ho 1eg3~9hp 1eg4~9hd 1eg5~9ob \
    1eg6~9o2 1eg7~9lt 1eg8~9lv 1eg9~9lx 1ega~9lz 1egb~9m1 1egc~9nn 1egd~9np 1ege~9nr 1egf~9mr \
    1egg~9oc 1egh~9lu 1egi~9lw 1egj~9ly 1egk~9m0 1egl~9m2 1egm~9m3 1egn~9m5 1ego~9m7 1egp~9m9 \
    1egq~9mb 1egr~9md 1egs~9mf 1egt~9mh 1egu~9mj 1egv~9ml 1egw~9mn 1egx~9mp 1egy~9ms 1egz~9mu \
    1eh0~9mw 1eh1~9my 1eh2~9mz 1eh3~9n0 1eh4~9n1 1eh5~9n2 1eh6~9n3 1eh7~9n6 1eh8~9n9 1eh9~9nc \
    1eha~9nf 1ehb~9ni 1ehc~9nj 1ehd~9nk 1ehe~9nl 1ehf~9nm 1ehg~9no 1ehh~9nq 1ehi~9ns 1ehj~9nt \
    1ehk~9nu 1ehl~9nv 1ehm~9nw 1ehn~9nx 1eho~9nz 1ehp~9o3 1ehq~9ll 1ehr~9lm 1ehs~9r8 1eht~9pt \
    1ehu~9pu 1ehv~9pv 1ehw~9pw 1ehx~9px 1ehy~9py 1ehz~9pz 1ei0~9q0 1ei1~9q1 1ei2~9q2 1ei3~9q3 \
    1ei4~9q4 1ei5~9q5 1ei6~9q6 1ei7~9q7 1ei8~9q8 1ei9~9q9 1eia~9qa 1eib~9qb 1eic~9qc 1eid~9qd \
    1eie~9qe 1eif~9qf 1eig~9qg 1eih~9qh 1eii~9qi 1eij~9qj 1eik~9qk 1eil~9ql 1eim~9qm 1eiq~9qn \
    1eir~9qo 1eis~9qp 1eit~9qq 1eiu~9qr 1eiv~9qs 1eiy~9qt 1eiz~9qu 1ej0~9qv 1ej1~9qw 1ej2~9qx \
    1ej3~9qy 1ej6~9qz 1ej7~9r0 1ej8~9r1 1ej9~9r2 1eja~9r3 1ejb~9r4 1eje~9r5 1ejf~9r6 1ejg~9r7 \
    1ejk~4i 1ejl~4j 1ejm~4s 1ejn~4v 1ejo~4m 1ejp~4l 1ejq~6g9 1ejs~7b6 1ejt~6mo 1eju~6mp \
    1ejv~6mq 1ejw~6mr 1ejx~7fk 1ejy~7gr 1g1t~k0 1g1u~k1 1g1v~6e 1g1w~ih 1g1x~gj 1g1z~ir \
    1g20~xuu 1g21~it 1g22~is 1g23~gm 1g24~gn 1g25~5u9 1g26~go 1g27~gu 1g28~ix 1g29~h0 1g2a~gy \
    1g2b~gw 1g2c~ij 1g2d~87 1g2e~ik 1g2f~h3 1g2g~hw 1g2h~iy 1g2i~iz 1g2j~h8 1g2k~2mmc 1g2l~x3i \
    1g2m~ha 1g2n~2mmd 1g2o~i6 1g2p~2mme 1g2q~6w 1g2r~hi 1g2s~hj 1g2t~35 1g2u~hm 1g2v~2mmg \
    1g2w~hp 1g2x~hq 1g2y~hs 1g2z~iw 1g30~iu 1g31~xuv 1g32~iv 1g33~i0 1g34~8s1 1g36~i7 1g37~ip \
    1g38~iq 1g39~ig 1g3a~cg 1g3b~ch 1g3c~ci 1g3d~2mmi 1g3e~2mn2 1hui=1huh,1hve 1huk=1huj,1hve \
    1huz=1hut,1hve 1hym=1hyp,1hyf 1hyn=1hyq,1hyf 1idn=1idj,1ida 1ido=1idj,1idz 1inv=1int,1inu \
    1inw=1int,1ink 1iny=1int,1inx 1iuy=1iuw,1iun 1iuz=1iux,1iun 1jjs=1jjp,1jjk 2jxa!2jx3,2jxh \
    2jxb!2jx4,2jxh 2jxc!2jxb,2jxq 2jxd!2jxb,2jxr 2jxe!2jxb,2jxs 2jxf!2jxb,2jxt 2jxg!2jxb,2jxu \
    2jzv!2jzt,2jxh 2jzw!2jzu,2jxh 2jzx!2jzv,2jxq 2jzy!2jzw,2jxq 2jzz!2jzv,2jxr 2k00!2jzw,2jxr \
    2kg0~1t 2kg1~1u 2kg2~1v 2kg3~1w 2kg4~1x 2kg5~1y 2kg6~1z 2kg7~20 2kg8~21 2kg9~22 2kga~23 \
    2kgb~24 2kgc~25 2kgd~26 2kge~27 2kgf~28 2kgg~29 2kgh~2a 2kgi~2b 2kgj~2c 2kgk~2d 2kgl~2e \
    2kgm~2f 2kgn~2g 2kgo~2h 2kgp~2i 2kgq~2p 2kgr~2q 2kgs~2r 2kgt~2s 2kgu~2t 2kgv~2u 2kgw~2v \
    2kgx~2w 2kgy~2x 2kgz~2y 2kh0~2z 2kh1~30 2kh2~31 2kh3~32 2kh4~33 2kh5~34 2kh6~35 2kh7~36 \
    2kh8~37 2kh9~38 2kha~39 2khb~3a 2khc~3b 2khd~3c 2khe~3d 2khf~3e 2khg~1t 2khh~1u 2khi~1v \
    2khj~1w 2khk~1x 2khl~1y 2khm~1z 2khn~20 2kho~21 2khp~22 2khq~23 2khr~24 2khs~25 2kht~26 \
    2khu~27 2khv~28 2khw~29 2khx~2a 2khy~2b 2khz~2c 2ki0~2d 2ki1~2e 2ki2~2f 2ki3~2g 2ki4~2h \
    2ki5~2i 2ki6~2p 2ki7~2q 2ki8~2r 2ki9~2s 2kia~2t 2kib~2u 2kic~2v 2kie~2x 2kif~2y 2kig~2z \
    2kih~30 2kii~31 2kij~32 2kik~33 2kil~34 2kim~35 2kin~36 2kio~37 2kip~38 2kiq~39 2kir~3a \
    2kis~3b 2kit~3c 2kiu~3d 2kiv~3e 2kiw~1t 2kix~1u 2kiy~1v 2kiz~1w 2kj0~1x 2kj1~1y 2kj2~1z \
    2kj3~20 2kj4~21 2kj5~22 2kj6~23 2kj7~24 2kj8~25 2kj9~26 2kja~27 2kjb~28 2kjc~29 2kjd~2a \
    2kje~2b 2kjf~2c 2kjg~2d 2kjh~2e 2kji~2f 2kjj~2g 2kjk~2h 2kjl~2i 2kjm~2p 2kjn~2q 2kjo~2r \
    2kjp~2s 2kjq~2t 2kjr~2u 2kjs~2v 2kjt~2w 2kju~2x 2kjv~2y 2kjw~2z 2kjx~30 2kjy~31 2kjz~32 \
    2kk0~33 2kk1~34 2kk2~35 2kk3~36 2kk4~37 2kk5~38 2kk6~39 2kk7~3a 2kk8~3b 2kk9~3c 2kka~3d \
    2kkb~3e 2kkc~1t 2kke~1v 2kkf~1w 2kki~1z 2kkl~22 2kkm~23 2kkp~26 2kkq~27 2kkr~28 2kks~29 \
    2kku~2b 2kkv~2c 2kkw~2d 2kkx~2e 2kky~2f 2kkz~2g 2kl0~2h 2kl1~2i 2kl2~2p 2kl3~2q 2kl4~2r \
    2kl5~2s 2kl7~2u 2kl9~2w 2kla~2x 2klb~2y 2klc~2z 2kld~30 2kle~31 2klf~32 2klh~34 2kli~35 \
    2klj~36 2klk~37 2kll~38 2klm~39 2kln~3a 2klo~3b 2klp~3c 2klq~3d 2klr~3e 2kls~1t 2klt~1u \
    2klu~1v 2klv~1w 2klw~1x 2klx~1y 2kly~1z 2klz~20 2km0~21 2km1~22 2km2~23 2km3~24 2km4~25 \
    2km5~26 2km6~27 2km7~28 2km8~29 2km9~2a 2kma~2b 2kmb~2c 2kmc~2d 2kmd~2e 2kme~2f 2kmf~2g \
    2kmg~2h 2kmh~2i 2kmi~2p 2kmj~2q 2kmk~2r 2kml~2s 2kmm~2t 2kmn~2u 2kmo~2v 2kmp~2w 2kmq~2x \
    2kmr~2y 2kms~2z 2kmt~30 2kmu~31 2kmv~32 2kmw~33 2kmx~34 2kmy~35 2kmz~36 2kn0~37 2kn1~38 \
    2kn2~39 2kn3~3a 2kn4~3b 2kn5~3c 2kn6~3d 2kn7~3e 2kn8~1t 2kn9~1u 2knb~1w 2knc~1x 2knd~1y \
    2kne~1z 2knh~22 2kni~23 2knj~24 2knk~25 2knl~26 2knm~27 2knn~28 2kno~29 2knq~2b 2knr~2c \
    2kns~2d 2knt~2e 2knu~2f 2knv~2g 2knw~2h 2kny~2p 2knz~2q 2ko0~2r 2ko1~2s 2ko2~2t 2ko3~2u \
    2ko4~2v 2ko5~2w 2ko6~2x 2ko7~2y 2ko8~2z 2ko9~30 2koa~31 2kob~32 2koc~33 2kod~34 2koe~35 \
    2kof~36 2kog~37 2koh~38 2koi~39 2koj~3a 2kok~3b 2kol~3c 2kom~3d 2kon~3e 2koo~1t 2kop~1u \
    2kor~1w 2kos~1x 2kot~1y 2kou~1z 2kow~21 2kox~22 2koy~23 2koz~24 2kp0~25 2kp2~27 2kp6~2b \
    2kp7~2c 2kp8~2d 2kp9~2e 2kpa~2f 2kpb~2g 2kpc~2h 2kpe~2p 2kpf~2q 2kpg~2r 2kph~2s 2kpi~2t \
    2kpj~2u 2kpk~2v 2kpl~2w 2kpm~2x 2kpn~2y 2kpo~2z 2kpp~30 2kpq~31 2kpr~32 2kps~33 2kpt~34 \
    2kpu~35 2kpv~36 2kpw~37 2kpx~38 2kpy~39 2kpz~3a 2kq0~3b 2kq1~3c 2kq2~3d 2kq3~3e 2kq4~1t \
    2kq5~1u 2kq6~1v 2kq7~1w 2kq8~1x 2kq9~1y 2kqa~1z 2kqb~20 2kqc~21 2kqd~22 2kqe~23 2kqf~24 \
    2kqg~25 2kqh~26 2kqi~27 2kqj~28 2kqk~29 2kql~2a 2kqm~2b 2kqn~2c 2kqo~2d 2kqp~2e 2kqq~2f \
    2kqr~2g 2kqs~2h 2kqt~2i 2kqu~2p 2kqv~2q 2kqw~2r 2kqx~2s 2kqy~2t 2kqz~2u 2kr0~2v 2kr1~2w \
    2kr2~2x 2kr3~2y 2kr4~2z 2kr5~30 2kr6~31 2kr7~32 2kr8~33 2kr9~34 2kra~35 2krb~36 2krc~37 \
    2krd~38 2kre~39 2krf~3a 2krg~3b 2krh~3c 2kri~3d 2krj~3e 2krk~1t 2krl~1u 2krm~1v 2krn~1w \
    2kro~1x 2krp~1y 2krq~1z 2krr~20 2krs~21 2krt~22 2kru~23 2krv~24 2krw~25 2krx~26 2kry~27 \
    2krz~28 2ks0~29 2ks1~2a 2ks2~2b 2ks3~2c 2ks4~2d 2ks5~2e 2ks6~2f 2ks7~2g 2ks8~2h 2ks9~2i \
    2ksa~2p 2ksb~2q 2ksc~2r 2ksd~2s 2kse~2t 2ksf~2u 2ksg~2v 2ksh~2w 2ksi~2x 2ksj~2y 2ksk~2z \
    2ksl~30 2ksm~31 2ksn~32 2kso~33 2ksp~34 2ksq~35 2ksr~36 2kss~37 2kst~38 2ksu~39 2ksv~3a \
    2ksw~3b 2ksx~3c 2ksy~3d 2ksz~3e 2kt0~1t 2kt1~1u 2kt2~1v 2kt3~1w 2kt4~1x 2kt5~1y 2kt6~1z \
    2kt7~20 2kt8~21 2kt9~22 2kta~23 2ktb~24 2ktc~25 2ktd~26 2kte~27 2ktf~28 2ktg~29 2kth~2a \
    2kti~2b 2ktj~2c 2ktk~2d 2ktl~2e 2ktm~2f 2ktn~2g 2kto~2h 2ktp~2i 2ktq~2p 2ktr~2q 2kts~2r \
    2ktt~2s 2ktu~2t 2ktv~2u 2ktw~2v 2ktx~2w 2kty~2x 2ktz~2y 2ku0~2z 2ku1~30 2ku2~31 2ku3~32 \
    2ku4~33 2ku5~34 2ku6~35 2ku7~36 2ku8~37 2ku9~38 2kua~39 2kub~3a 2kuc~3b 2kud~3c 2kue~3d \
    2kuf~3e 2kug~1t 2kuh~1u 2kui~1v 2kuj~1w 2kuk~1x 2kul~1y 2kum~1z 2kun~20 2kuo~21 2kup~22 \
    2kuq~23 2kur~24 2kus~25 2kut~26 2kuu~27 2kuv~28 2kuw~29 2kux~2a 2kuy~2b 2kuz~2c 2kv0~2d \
    2kv1~2e 2kv2~2f 2kv3~2g 2kv4~2h 2kv5~2i 2kv6~2p 2kv7~2q 2kv8~2r 2kv9~2s 2kva~2t 2kvb~2u \
    2kvc~2v 2kvd~2w 2kve~2x 2kvf~2y 2kvg~2z 2kvh~30 2kvi~31 2kvj~32 2kvk~33 2kvl~34 2kvm~35 \
    2kvn~36 2kvo~37 2kvp~38 2kvq~39 2kvr~3a 2kvs~3b 2kvt~3c 2kvu~3d 2kvv~3e 2kvw~1t 2kvx~1u \
    2kvy~1v 2kvz~1w 2kw0~1x 2kw1~1y 2kw2~1z 2kw3~20 2kw4~21 2kw5~22 2kw6~23 2kw7~24 2kw8~25 \
    2kw9~26 2kwa~27 2kwb~28 2kwc~29 2kwd~2a 2kwe~2b 2kwf~2c 2kwg~2d 2kwh~2e 2kwi~2f 2kwj~2g \
    2kwk~2h 2kwl~2i 2kwm~2p 2kwn~2q 2kwo~2r 2kwp~2s 2kwq~2t 2kwr~2u 2kws~2v 2kwt~2w 2kwu~2x \
    2kwv~2y 2kww~2z 2kwx~30 2kwy~31 2kwz~32 2kx0~33 2kx1~34 2kx2~35 2kx3~36 2kx4~37 2kx5~38 \
    2kx6~39 2kx7~3a 2kx8~3b 2kx9~3c 2kxa~3d 2kxb~3e 2kxc~1t 2kxd~1u 2kxe~1v 2kxf~1w 2kxg~1x \
    2kxh~1y 2kxi~1z 2kxj~20 2kxk~21 2kxl~22 2kxm~23 2kxn~24 2kxo~25 2kxp~26 2kxq~27 2kxr~28 \
    2kxs~29 2kxt~2a 2kxu~2b 2kxv~2c 2kxw~2d 2kxx~2e 2kxy~2f 2kxz~2g 2ky0~2h 2ky1~2i 2ky2~2p \
    2ky3~2q 2ky4~2r 2ky5~2s 2ky6~2t 2ky7~2u 2ky8~2v 2ky9~2w 2kya~2x 2kyb~2y 2kyc~2z 2kyd~30 \
    2kye~31 2kyf~32 2kyg~33 2kyh~34 2kyi~35 2kyj~36 2kyk~37 2kyl~38 2kym~39 2kyn~3a 2kyo~3b \
    2kyp~3c 2kyq~3d 2kyr~3e 2kys~8h 2kyt~fr 2kyw~pd 2kyx~pe 2kyy~pf 2kyz~pg 2kz0~ph 2kz1~pi \
    2kz2~pj 2kz3~pk 2kz4~pl 2kz5~pm 2kz6~pn 2kz7~po 2kz8~pp 2kz9~pq 2kza~pr 2kzb~ps 2kzc~pt \
    2kzd~s4 2kze~pv 2kzf~pw 2kzg~px 2kzh~py 2kzi~pz 2kzj~q0 2kzk~q1 2kzl~6pz 2kzm~q9 2kzn~qa \
    2kzo~qb 2kzp~qc 2kzq~qd 2kzr~qe 2kzs~qf 2kzt~qg 2kzu~qh 2kzv~qi 2kzw~qj 2kzx~qk 2kzy~ql \
    2kzz~qm 2l00~qn 2l01~qo 2l02~qp 2l03~qq 2l04~qr 2l05~qs 2l06~qt 2l07~qu 2l08~qv 2l09~qw \
    2l0a~qx 2l0b~6pu 2l0c~s5 2l0d~r5 2l0e~s0 2l0f~r9 2l0g~s1 2l0h~ra 2l0i~pd 2l0j~pe 2l0k~pf \
    2l0l~pg 2l0m~ph 2l0n~pi 2l0o~pj 2l0p~pk 2l0q~pl 2l0r~pm 2l0s~pn 2l0t~po 2l0u~pp 2l0v~pq \
    2l0w~pr 2l0x~ps 2l0y~pt 2l0z~s4 2l10~pv 2l11~pw 2l12~px 2l13~py 2l14~pz 2l15~q0 2l16~q1 \
    2l17~6pz 2l18~q9 2l19~qa 2l1a~qb 2l1b~qc 2l1c~qd 2l1d~qe 2l1e~qf 2l1f~qg 2l1g~qh 2l1h~qi \
    2l1i~qj 2l1j~qk 2l1k~ql 2l1l~qm 2l1m~qn 2l1n~qo 2l1o~qp 2l1p~qq 2l1q~qr 2l1r~qs 2l1s~qt \
    2l1t~qu 2l1u~qv 2l1v~qw 2l1w~qx 2l1x~6pu 2l1y~s5 2l1z~r5 2l20~s0 2l21~r9 2l22~s1 2l23~ra \
    2l24~pd 2l25~pe 2l26~pf 2l27~pg 2l28~ph 2l29~pi 2l2a~pj 2l2b~pk 2l2c~pl 2l2d~pm 2l2e~pn \
    2l2f~po 2l2g~pp 2l2h~pq 2l2i~pr 2l2j~ps 2l2k~pt 2l2l~s4 2l2m~pv 2l2n~pw 2l2o~px 2l2p~py \
    2l2q~pz 2l2r~q0 2l2s~q1 2l2t~6pz 2l2u~q9 2l2v~qa 2l2w~qb 2l2x~qc 2l2y~qd 2l2z~qe 2l30~qf \
    2l31~qg 2l32~qh 2l33~qi 2l34~qj 2l35~qk 2l36~ql 2l37~qm 2l38~qn 2l39~qo 2l3a~qp 2l3b~qq \
    2l3c~qr 2l3d~qs 2l3e~qt 2l3f~qu 2l3g~qv 2l3h~qw 2l3i~qx 2l3j~6pu 2l3k~s5 2l3l~r5 2l3m~s0 \
    2l3n~r9 2l3o~s1 2l3p~ra 2l3q~pd 2l3r~pe 2l3s~pf 2l3t~pg 2l3u~ph 2l3v~pi 2l3w~pj 2l3x~pk \
    2l3y~pl 2l3z~pm 2l40~pn 2l41~po 2l42~pp 2l43~pq 2l44~pr 2l45~ps 2l46~pt 2l47~s4 2l48~pv \
    2l49~pw 2l4a~px 2l4b~py 2l4c~pz 2l4d~q0 2l4e~q1 2l4f~6pz 2l4g~q9 2l4h~qa 2l4i~qb 2l4j~qc \
    2l4k~qd 2l4l~qe 2l4m~qf 2l4n~qg 2l4o~qh 2l4p~qi 2l4q~qj 2l4r~qk 2l4s~ql 2l4t~qm 2l4u~qn \
    2l4v~qo 2l4w~qp 2l4x~qq 2l4y~qr 2l4z~qs 2l50~qt 2l51~qu 2l52~qv 2l53~qw 2l54~qx 2l55~6pu \
    2l56~s5 2l57~r5 2l58~s0 2l59~r9 2l5a~s1 2l5b~ra 2l5c~pd 2l5d~pe 2l5e~pf 2l5f~pg 2l5g~ph \
    2l5h~pi 2l5i~pj 2l5j~pk 2l5k~pl 2l5l~pm 2l5m~pn 2l5n~po 2l5o~pp 2l5p~pq 2l5q~pr 2l5r~ps \
    2l5s~pt 2l5t~s4 2l5u~pv 2l5v~pw 2l5w~px 2l5x~py 2l5y~pz 2l5z~q0 2l60~q1 2l61~6pz 2l62~q9 \
    2l63~qa 2l64~qb 2l65~qc 2l66~qd 2l67~qe 2l68~qf 2l69~qg 2l6a~qh 2l6b~qi 2l6c~qj 2l6d~qk \
    2l6e~ql 2l6f~qm 2l6g~qn 2l6h~qo 2l6i~qp 2l6j~qq 2l6k~qr 2l6l~qs 2l6m~qt 2l6n~qu 2l6o~qv \
    2l6p~qw 2l6q~qx 2l6r~6pu 2l6s~s5 2l6t~r5 2l6u~s0 2l6v~r9 2l6w~s1 2l6x~ra 2l6y~rg 2l6z~rh \
    2l72~1c 2l73~1d 2l74~1e 2l75~1f 2l76~1g 2l77~1h 2l78~1i 2l79~1j 2l7a~1k 2l7b~1l 2l7c~1c \
    2l7d~1d 2l7e~1e 2l7f~1f 2l7g~1g 2l7h~1h 2l7i~1i 2l7j~1j 2l7k~1k 2l7l~1l 2l7m~1c 2l7n~1d \
    2l7o~1e 2l7p~1f 2l7q~1g 2l7r~1h 2l7s~1i 2l7t~1j 2l7u~1k 2l7v~1l 2l7w~1c 2l7x~1d 2l7y~1e \
    2l7z~1f 2l80~1g 2l81~1h 2l82~1i 2l83~1j 2l84~1k 2l85~1l 2l86~1c 2l87~1d 2l88~1e 2l89~1f \
    2l8a~1g 2l8b~1h 2l8c~1i 2l8d~1j 2l8e~1k 2l8f~1l 2pkw~17r 2pkx~17s 2pky~17w 2pkz~17z \
    2pl1~18o 2pl2~182 2pl3~17x 2pl4~187 2pl5~18q 2pl6~18j 2pl7~18k 2pl8~18l 2pl9~18m 2pla~183 \
    2plb~189 2plc~18h 2pld~185 2ple~18i 2plf~181 2plg~184 2plh~17u 2pli~17v 2plj~17y 2plk~180 \
    2pll~186 2plm~188 2pln~18a 2plo~19q 2plp~1bu 2plq~1b5 2plr~19r 2plt~17s 2plu~17w 2plw~18n \
    2plz~17x 2pm1~18q 2pm2~18j 2pm3~18k 2pm4~18l 2pm5~18m 2pm6~183 2pm7~189 2pm8~18h 2pm9~185 \
    2pma~18i 2pmc~184 2pmd~17u 2pme~17v 2pmf~17y 2pmh~186 2pmj~18a 2pmq~17w 2pmv~17x 2pmx~18q \
    2pmz~18k 2pn1~18m 2pn2~183 2pn3~189 2pn5~185 2pn6~18i 2pn8~184 2pnb~17y 2pnd~186 2pnf~18a \
    2pnh~1bu 2pnj~19r 2pnl~17s 2pnm~17w 2pno~18n 2pnr~17x 2pns~187 2pnt~18q 2pnu~18j 2pnw~18l \
    2pnx~18m 2pny~183 2pnz~189 2po0~18h 2po1~185 2po2~18i 2po4~184 2po5~17u 2po6~17v 2po7~17y \
    2po9~186 2poa~188 2pob~18a 2poc~19q 2poe~1b5 2pog~17r 2poh~17s 2poi~17w 2poj~17z 2pok~18n \
    2pol~18o 2pom~182 2pon~17x 2poo~187 2pop~18q 2por~18k 2pos~18l 2pot~18m 2pou~183 2pov~189 \
    2pow~18h 2pox~185 2poy~18i 2poz~181 2pp0~184 2pp1~17u 2pp2~17v 2pp3~17y 2pp4~180 2pp5~186 \
    2pp6~188 2pp7~18a 2ppd~17s 2ppe~17w 2ppf~17z 2pph~18o 2ppi~182 2ppj~17x 2ppk~187 2ppl~18q \
    2ppn~18k 2ppo~18l 2ppp~18m 2ppq~183 2ppr~189 2pps~18h 2ppt~185 2ppu~18i 2ppv~181 2ppw~184 \
    2ppx~17u 2ppy~17v 2ppz~17y 2pq0~180 2pq1~186 2pq2~188 2pq3~18a 2q68~1c,1a 2q69~1c,18 \
    2q6a~1d,18 2q6b~1e,18 2q6c~1f,18 2q6d~1g,18 2q6e~1h,18 2q6f~1i,18 2q6g~1j,18 2q6h~1k,18 \
    2q6i~1l,18 2q6o~14,1t,15 2q6p~14,1u,15 2q6q~14,1v,15 2q6r~14,1w,15 2q6s~14,1x,15 \
    2q6t~14,1y,15 2q6u~14,1z,15 2q6v~14,20,15 2q6w~14,21,15 2q6x~14,22,15 2q6y~14,23,15 \
    2q6z~14,24,15 2q70~14,25,15 2q71~14,26,15 2q72~14,27,15 2q73~14,28,15 2q74~14,29,15 \
    2q75~14,2a,15 2q76~14,2b,15 2q77~14,2c,15 2q78~14,2d,15 2q79~14,2e,15 2q7a~14,2f,15 \
    2q7b~14,2g,15 2q7c~14,2h,15 2q7d~14,2i,15 2q7e~9hw,2b,9hx 2q7f~1v 2q7g~2a 2q7h~1v,1w \
    2q7i~2f,2i 2q7k~1t 2q7l~1u 2q7m~1v 2q7n~1w 2q7o~1x 2q7p~1y 2q7q~1z 2q7r~20 2q7s~21 2q7t~22 \
    2q7u~23 2q7v~24 2q7w~25 2q7x~26 2q7y~27 2q7z~28 2q80~29 2q81~2a 2q82~2b 2q83~2c 2q84~2d \
    2q85~2e 2q86~2f 2q87~2g 2q88~2h 2q89~2i 2q8a~20,2e 2q8b~25,2e 2q8c~2b,1w 2q8d~2b,2b \
    2q8e~28,28,2e 2q8f~2f,1v 2q96~25,1v 2q97~25,1w 2q98~25,2a 2qa8~1w,22 2qdc~9kr,9jf \
    2qdd~9mb,9mb 2qde~9md 2qds~jez 2qdt~i1j 2qdu~gjw 2qdv~9mv 2qdw~fik 2qdx~hlm 2qdy~r8j \
    2qdz~hm1 2qe0~fj8 2qe1~k68 2qe2~mch 2qe3~k2h 2qe4~g99 2qe5~ivg 2qe6~g3x 2qe7~k34 2qe8~g7x \
    2qe9~oqq 2qea~n4v 2qeb~rs9 2qec~hkg 2qed~gmx 2qee~lxw 2qef~jh1 2qeg~jmd 2qeh~feo 2qei~fex \
    2qej~si2 2qek~ijq 2qel~ffx 2qem~gkz 2qen~jk7 2qeo~rxs 2qep~jf7 2qeq~o01 2qer~o6y 2qes~glk \
    2qet~lts 2qeu~kcp 2qev~kco 2qew~n5f 2qex~gaa 2qey~gxi 2qez~sp9 2qf4~9hw,kdo,9hx \
    2qf5~9hw,fex,9hx 2qf6~9hw,fik,9hx 2qf7~9hw,i2x,9hx 2qf8~9hw,m9l,9hx 2qf9~9hw,jf7,9hx \
    2qfa~9hw,nh3,9hx 2qfb~9hw,gd9,9hx 2qfc~9hw,k0n,9hx 2qfk~ivr 2qfl~gkv 2sc0~1c 2sc1~1d \
    2sc2~1e 2sc3~1f 2sc4~1g 2sc5~1h 2sc6~1i 2sc7~1j 2sc8~1k 2sc9~1l 464g!fgd 464h!fg8 464i!fgh \
    464j!2tcy 464k!fog 464l!fqm 464m!fqz 464n!fsy 464o!fwa 464p!fx5 464q!fzb 464r!fyn 464s!ae6 \
    464t!2ud6 464u!g25 464v!g2c 464w!g2s 464x!g3b 464y!2u58 464z!aex 4650!g2v 4651!g3x \
    4652!2u6j 4653!g47 4654!g4k 4655!fkc 4656!g4s 4657!g51 4658!3ly7 4659!g6t 465a!g77 465b!afz \
    465c!g8r 465d!g92 465e!gaa 465f!gaf 465g!ahh 465h!gcn 465i!gcp 465j!gdg 465k!ge2 465l!ged \
    465m!gee 465n!gev 465o!gg9 465p!ggh 465q!ggq 465r!ghf 465s!ghp 465t!ghr 465u!ghr 465v!ghr \
    465w!2v58 465x!m7k 465y!gju 465z!gkf 4660!2vdv 4661!gkr 4662!gkx 4663!gli 4664!gpq 4665!gmw \
    4666!gnc 4667!go8 4668!gpu 4669!gs6 466a!gsw 466b!gur 466c!gv7 466d!gw4 466e!gw4 466f!gwp \
    466g!gx7 466h!gxf 466i!gxu 466j!h7a 466k!gzq 466l!h7b 466m!h1t 466n!h2s 466o!g7b 466p!hke \
    466q!hce 466r!hdg 466s!he5 466t!haj 466u!hf6 466v!hf5 466w!hik 466x!2x9g 466y!hki 466z!hkn \
    4670!hl2 4671!hlm 4672!hlu 4673!hnm 4674!2xm0 4675!2xnu 4676!hrg 4677!hsr 4678!ht3 4679!hqw \
    467a!huu 467b!aum 467c!av0 467d!hzc 467e!i0u 467f!i0u 467g!2y88 467h!i4j 467i!i54 467j!i5j \
    467k!i5v 467l!2yhk 467m!i67 467n!i6e 467o!itv 467p!i76 467q!ayp 467r!i8w 467s!i9a 467t!ibk \
    467u!ia5 467v!2z1g 467w!if7 467x!2z1i 467y!ige 467z!igb 4680!igs 4681!ijl 4682!ijm 4683!b3j \
    4684!ikd 4685!ilk 4686!im5 4687!ind 4688!b4y 4689!2zr7 468a!b5o 468b!ipc 468c!ipf 468d!ipi \
    468e!iq2 468f!3pg2 468g!iri 468h!3035 468i!3035 468j!poh 468k!isi 468l!isi 468m!b7r \
    468n!335k 468o!3cgq 468p!iua 468q!iuj 468r!b8j 468s!ivu 468t!ix9 468u!ixj 468v!iyh 468w!j29 \
    468x!bay 468y!ba4 468z!j2s 4690!30t0 4691!j47 4692!j7s 4693!j7w 4694!j7y 4695!j7w 4696!j96 \
    4697!j9q 4698!jaq 4699!jac 469a!jan 469b!jby 469c!jci 469d!jcm 469e!jdc 469f!jdn 469g!jfh \
    469h!jht 469i!jis 469j!jm8 469k!31n0 469l!jlp 469m!jjw 469n!jmw 469o!jnn 469p!jqc 469q!31td \
    469r!js2 469s!jph 469t!jop 469u!bhq 469v!ju1 469w!jum 469x!jvh 469y!juf 469z!bjg 46a0!k0f \
    46a1!k18 46a2!32mi 46a3!k4j 46a4!kc8 46a5!k7d 46a6!bo9 46a7!k9d 46a8!bns 46a9!bms 46aa!g42 \
    46ab!g45 46ac!kcg 46ad!k9o 46ae!pf1 46af!deh 46ag!kd3 46ah!kd7 46ai!kdd 46aj!kf2 46ak!ker \
    46al!33cz 46am!bpl 46an!kje 46ao!kg5 46ap!klu 46aq!kn9 46ar!33hp 46as!kni 46at!kkf 46au!kr8 \
    46av!brx 46aw!ksi 46ax!kv7 46ay!kx6 46az!l2g 46b0!33xf 46b1!l3v 46b2!bvc 46b3!l5t 46b4!34br \
    46b5!l78 46b6!bwu 46b7!l82 46b8!l9b 46b9!la2 46ba!la3 46bb!34p9 46bc!2yvf 46bd!34sa \
    46be!le6 46bf!354s 46bg!lhb 46bh!lhp 46bi!lev 46bj!ljq 46bk!lku 46bl!lmf 46bm!lkx 46bn!lm1 \
    46bo!lmg 46bp!lmt 46bq!357i 46br!lkk 46bs!lrj 46bt!lta 46bu!c37 46bv!lvv 46bw!lvr 46bx!35jl \
    46by!lq1 46bz!m0e 46c0!35ni 46c1!35ou 46c2!m2u 46c3!m61 46c4!m5a 46c5!m57 46c6!c5y 46c7!m6i \
    46c8!m7x 46c9!m7r 46ca!m99 46cb!2u5h 46cc!mdh 46cd!368z 46ce!mfw 46cf!36i3 46cg!mjs \
    46ch!mk5 46ci!mkw 46cj!36yw 46ck!mm8 46cl!mmt 46cm!3779 46cn!37dg 46co!mt6 46cp!mtn \
    46cq!cdo 46cr!mud 46cs!ce0 46ct!ce0 46cu!myv 46cv!mzg 46cw!n01 46cx!n0l 46cy!n2i 46cz!cgr \
    46d0!n50 46d1!386u 46d2!n5q 46d3!389e 46d4!n74 46d5!2zrz 46d6!nbk 46d7!38v5 46d8!38vs \
    46d9!38zo 46da!cn0 46db!cnc 46dc!nhw 46dd!394j 46de!394i 46df!395l 46dg!396b 46dh!nj2 \
    46di!nj3 46dj!nj3 46dk!nka 46dl!cop 46dm!nm3 46dn!cp2 46do!cra 46dp!39r1 46dq!nri 46dr!nt8 \
    46ds!nv0 46dt!ctf 46du!3a5i 46dv!nyu 46dw!3a8q 46dx!3a9x 46dy!o0f 46dz!o2z 46e0!cvj \
    46e1!o5c 46e2!o5m 46e3!o5r 46e4!3at8 46e5!3b1j 46e6!3b1j 46e7!oa6 46e8!d1e 46e9!3b8r \
    46ea!og6 46eb!og9 46ec!d2f 46ed!3beo 46ee!onm 46ef!d5s 46eg!oo8 46eh!oo3 46ei!oow 46ej!3c06 \
    46ek!orn 46el!d8h 46em!ouf 46en!ow2 46eo!oxx 46ep!d9w 46eq!3ciw 46er!3cjr 46es!dax \
    46et!3cnt 46eu!p6i 46ev!3cqm 46ew!p79 46ex!pa2 46ey!pad 46ez!3d22 46f0!3d43 46f1!pcw \
    46f2!3d7s 46f3!pdc 46f4!33a7 46f5!ded 46f6!pf6 46f7!phf 46f8!dfv 46f9!pj2 46fa!hx1 \
    46fb!3dlz 46fc!3dmd 46fd!33bn 46fe!33bw 46ff!poh 46fg!pok 46fh!sda 46fi!dij 46fj!psh \
    46fk!psb 46fl!pst 46fm!gc3 46fn!ptd 46fo!ptf 46fp!ptp 46fq!puu 46fr!3ebg 46fs!put 46ft!pwd \
    46fu!pyb 46fv!q0d 46fw!pwj 46fx!q0t 46fy!q1z 46fz!q53 46g0!pxv 46g1!q16 46g2!q18 46g3!q1o \
    46g4!3eie 46g5!3eqz 46g6!3emt 46g7!dnv 46g8!q9d 46g9!q9f 46ga!qae 46gb!3g0a 46gc!qck \
    46gd!3f3g 46ge!dp9 46gf!dpd 46gg!3f75 46gh!3ff6 46gi!dpn 46gj!qj4 46gk!qjg 46gl!qjr \
    46gm!qjt 46gn!qll 46go!qko 46gp!qoe 46gq!qn6 46gr!qrd 46gs!qp4 46gt!qqz 46gu!qrq 46gv!dsn \
    46gw!qu9 46gx!qv5 46gy!dtl 46gz!qxs 46h0!qxv 46h1!3giv 46h2!r13 46h3!r1a 46h4!dv9 46h5!r22 \
    46h6!aez 46h7!3gz2 46h8!3h46 46h9!dz2 46ha!dzb 46hb!rds 46hc!rfx 46hd!rka 46he!rpx \
    46hf!3hrc 46hg!rsb 46hh!rsx 46hi!rvf 46hj!rxz 46hk!3i9b 46hl!2upw 46hm!s0b 46hn!rzw \
    46ho!s1c 46hp!2uvy 46hq!s7o 46hr!sag 46hs!3jki 46ht!3jl9 46hu!sk4 46hv!smp 46hw!snl \
    46hx!3ju6 46hy!snv 46hz!svs 46i0!t07 46i1!t08 46i2!sxo 46i3!t89 46i4!t91 46i5!3ksa 46i6!tjf \
    46i7!ej9 46i8!tkn 46i9!3l2v 46ia!eli 46ib!ts3 46ic!iia 46id!tur 46ie!3ltx 46if!3lzu \
    46ig!epa 46ih!epi 46ii!u00 46ij!3mdm 46ik!er6 46il!3mhi 46im!u17 46in!u17 46io!u21 \
    46ip!3mpi 46iq!u76 46ir!eur 46is!u95 46it!ucn 46iu!ude 46iv!uf2 46iw!ez2 46ix!3nsg 46iy!umq \
    46iz!uv4 46j0!v0d 46j1!f66 46j2!f71 46j3!v3b 46j4!3owe 46j5!f7c 46j6!3oxx 46j7!3p5a \
    46j8!3p8x 46j9!vcr 46ja!f9y 46jb!veh 46jc!vem 46jd!vet 46je!vf3 46jf!vfa 46jg!vgb 46jh!3pxc
    """
}
