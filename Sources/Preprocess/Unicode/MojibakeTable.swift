// Written by Tests/Oracle/mojibake.py; do not edit.

/// Kinds of the characters that wrongly decoded text is made of, and the code pages it was decoded with.
enum MojibakeTable {
  static let kinds = """
    w=2t4w 3k=8feq 3l=8feq 3m=8feq 3n=8feq 3o=8feq 3p=8feq 3q=8feq 3r=8feq 3s=8feq 3t=8feq \
    3u=8feq 3v=8feq 3w=8feq 3x=8feq 3y=8feq 3z=8feq 40=8feq 41=8feq 42=8feq 43=8feq 44=8feq \
    45=8feq 46=8feq 47=8feq 48=8feq 49=8feq 4a=8feq 4b=8feq 4c=8feq 4d=8feq 4e=8feq 4f=8feq \
    4g=8fep 4h=8ffk 4i=8ff4 4j=8ff4 4k=8fes 4l=8ff4 4m=8fes 4n=8few 4o=8fes 4p=8ffk 4q=8fes \
    4r=8ffk 4s=8fes 4t=8fep 4u=8fgg 4v=8fes 4w=8fls 4x=8fi8 4y=8fi8 4z=8fi8 50=8fep 51=8fi8 \
    52=8few 53=8fep 54=8fes 55=8fi8 56=8fes 57=8fgg 58=8fi8 59=8fi8 5a=8fi8 5b=8ffk 5c=e8 5d=e8 \
    5e=d1c 5f=d1c 5g=d1c 5h=d1c 5i=8sg0 5j=d1c 5k=d1c 5l=d1c 5m=d1c 5n=d1c 5o=d1c 5p=d1c 5q=d1c \
    5r=d1c 5s=d1c 5t=d1c 5u=cu8 5v=cu8 5w=cu8 5x=cu8 5y=cu8 5z=cqo 60=8sg0 61=cu8 62=cu8 63=cu8 \
    64=d8g 65=d1c 66=e80 67=dfk 68=q2o 69=q2o 6a=q2o 6b=q2o 6c=q2o 6d=q2o 6e=95hc 6f=q2o 6g=q2o \
    6h=q2o 6i=q2o 6j=q2o 6k=q2o 6l=q2o 6m=q2o 6n=q2o 6o=1fcw 6p=sg 6q=74 6r=1erk 6s=74 6t=74 \
    6u=74 6v=3k 6w=8fls 6x=74 6y=74 6z=74 70=zk 74=d1c 75=q2o 76=d1c 77=q2o 78=8fsw 79=95hc \
    7a=d1c 7b=q2o 7g=d1c 7h=q2o 7i=d1c 7j=q2o 7k=d1c 7l=1fcw 7m=d1c 7n=q2o 7q=d1c 7r=q2o 7s=d1c \
    7t=q2o 7u=d1c 7v=q2o 7y=d1c 7z=1fcw 82=d1c 83=q2o 8a=d1c 8b=q2o 8f=q2o 8g=d1c 8m=d1c 8n=q2o \
    8p=d1c 8q=q2o 8r=d1c 8s=q2o 8t=8fsw 8u=8g74 8x=8sg0 8y=8g74 8z=d1c 91=d1c 93=d1c 98=cu8 \
    9c=cu8 9e=8fsw 9f=8g74 9h=q2o 9i=8feo 9j=8feo 9k=d1c 9m=8sg0 9n=8g74 9q=8sg0 9r=8g74 \
    9s=8sg0 9t=9urk 9u=d1c 9w=8fsw 9x=8g74 a2=cu8 a6=d1c a8=d1c aa=cu8 ag=8fsw ah=8sg0 ai=95hc \
    aj=8sg0 ak=8g74 al=8sg0 am=8g74 b6=8fes jq=8fes jr=8fes k8=8fes kb=8fes kc=8fes kd=8fgg \
    p0=8ffk p1=8ffk p2=8gzk p4=8gzk p5=8gzk p6=8gzk p8=8gzk pa=8gzk pb=8gzk pd=1kw pe=e80 \
    pf=e80 pg=e80 ph=e80 pi=e80 pj=e80 pk=e80 pl=e80 pm=e80 pn=e80 po=e80 pp=e80 pq=e80 pr=e80 \
    ps=e80 pt=e80 pu=1kw pv=e80 pw=e80 px=e80 py=e80 pz=e80 q0=e80 q1=e80 q2=e80 q3=e80 q4=fsw \
    q5=fsw q6=fsw q7=fsw q8=sg0 q9=sg0 qa=sg0 qb=sg0 qc=sg0 qd=sg0 qe=sg0 qf=sg0 qg=sg0 qh=sg0 \
    qi=sg0 qj=sg0 qk=sg0 ql=sg0 qm=sg0 qn=sg0 qo=1hq8 qp=35s qq=35s qr=1hq8 qs=35s qt=35s \
    qu=35s qv=35s qw=35s qx=35s sh=8gzk si=8gzk sj=8gzk sk=8gzk sl=8gzk sm=8gzk sn=8gzk so=8gzk \
    sp=8gzk sq=8gzk sr=8gzk ss=8gzk st=1kw su=8gzk sv=8gzk sw=1kw sx=1kw sy=e80 sz=e80 t0=e80 \
    t1=e80 t2=e80 t3=e80 t4=e80 t5=e80 t6=e80 t7=e80 t8=e80 t9=e80 ta=e80 tb=e80 tc=e80 td=e80 \
    te=e80 tf=e80 tg=e80 th=e80 ti=e80 tj=e80 tk=e80 tl=e80 tm=e80 tn=e80 to=e80 tp=e80 tq=e80 \
    tr=e80 ts=sg0 tt=sg0 tu=sg0 tv=sg0 tw=sg0 tx=sg0 ty=sg0 tz=sg0 u0=sg0 u1=sg0 u2=sg0 u3=sg0 \
    u4=sg0 u5=sg0 u6=sg0 u7=sg0 u8=1hq8 u9=35s ua=35s ub=1hq8 uc=35s ud=35s ue=35s uf=35s \
    ug=35s uh=35s ui=35s uj=35s uk=35s ul=35s um=35s un=35s uo=35s up=8ikg uq=8ikg ur=8ikg \
    us=8ikg ut=8ikg uu=8ikg uv=8ikg uw=8ikg ux=8ikg uy=8ikg uz=8ikg v0=8ikg v1=35s v2=8ikg \
    v3=8ikg wg=8fsw wh=8g74 6c3=2t4x 6c4=2t4x 6c5=2t4x 6c8=2t5s 6c9=2t4x 6ca=2t5s 6cc=2t5s \
    6cd=2t6o 6ce=2t5s 6cg=8fes 6ch=8fes 6ci=2t5s 6cm=2t4x 6cw=8fes 6d5=8ffk 6d6=8fgg 6dg=3k \
    6g7=g 6gc=8ff4 6ja=8fi8 6jm=8fgg 6pu=3k 6py=3k 6q7=3k 6q9=3k 6qi=3k 6qm=3k 6qx=3k 6qz=3k \
    6rs=3k 6sg=3k 6sh=3k 6sk=3k 6sl=3k 6xc=4 7b6=6bk 7bg=6bk 7bk=6bk 7bs=6bk 7bw=6bk 7c4=6bk \
    7cc=6bk 7cs=6bk 7dc=6bk 7dd=6bk 7de=6bk 7df=6bk 7dg=6bk 7dh=6bk 7di=6bk 7dj=6bk 7dk=6bk \
    7dl=6bk 7dm=6bk 7dn=6bk 7do=6bk 7dp=6bk 7dq=6bk 7dr=6bk 7ds=6bk 7dt=6bk 7du=6bk 7dv=6bk \
    7dw=6bk 7dx=6bk 7dy=6bk 7dz=6bk 7e0=6bk 7e1=6bk 7e2=6bk 7e3=6bk 7e4=6bk 7eo=6bk 7es=6bk \
    7ew=6bk 7f0=6bk 7f4=6bk 7f5=6bk 7f6=6bk 7f7=6bk 7gq=4 1d6n=w 1dkx=sg 1dky=sg 1ekd=4
    """
  static let pages = """
    windows-1252:6gc,3l,6ca,b6,6ce,6cm,6cg,6ch,jq,6cw,9s,6d5,9e,3x,al,3z,40,6c8,6c9,6cc,6cd,6ci,\
    6c3,6c4,kc,6jm,9t,6d6,9f,4d,am,ag,4g,4h,4i,4j,4k,4l,4m,4n,4o,4p,4q,4r,4s,4t,4u,4v,4w,4x,4y,\
    4z,50,51,52,53,54,55,56,57,58,59,5a,5b,5c,5d,5e,5f,5g,5h,5i,5j,5k,5l,5m,5n,5o,5p,5q,5r,5s,\
    5t,5u,5v,5w,5x,5y,5z,60,61,62,63,64,65,66,67,68,69,6a,6b,6c,6d,6e,6f,6g,6h,6i,6j,6k,6l,6m,\
    6n,6o,6p,6q,6r,6s,6t,6u,6v,6w,6x,6y,6z,70,71,72,73 windows-1251:si,sj,6ca,ur,6ce,6cm,6cg,\
    6ch,6gc,6cw,sp,6d5,sq,ss,sr,sv,uq,6c8,6c9,6cc,6cd,6ci,6c3,6c4,48,6jm,ux,6d6,uy,v0,uz,v3,4g,\
    su,v2,so,4k,wg,4m,4n,sh,4p,sk,4r,4s,4t,4u,sn,4w,4x,sm,uu,wh,51,52,53,up,6ja,us,57,uw,sl,ut,\
    uv,sw,sx,sy,sz,t0,t1,t2,t3,t4,t5,t6,t7,t8,t9,ta,tb,tc,td,te,tf,tg,th,ti,tj,tk,tl,tm,tn,to,\
    tp,tq,tr,ts,tt,tu,tv,tw,tx,ty,tz,u0,u1,u2,u3,u4,u5,u6,u7,u8,u9,ua,ub,uc,ud,ue,uf,ug,uh,ui,\
    uj,uk,ul,um,un windows-1250:6gc,3l,6ca,3n,6ce,6cm,6cg,6ch,3s,6cw,9s,6d5,9m,9w,al,ah,40,6c8,\
    6c9,6cc,6cd,6ci,6c3,6c4,48,6jm,9t,6d6,9n,9x,am,ai,4g,jr,k8,8x,4k,78,4m,4n,4o,4p,9q,4r,4s,4t,\
    4u,aj,4w,4x,kb,8y,50,51,52,53,54,79,9r,57,8t,kd,8u,ak,9g,5d,5e,76,5g,8p,7a,5j,7g,5l,7s,5n,\
    7u,5p,5q,7i,7k,8z,93,5v,5w,9c,5y,5z,9k,a6,62,a8,64,65,9u,67,9h,69,6a,77,6c,8q,7b,6f,7h,6h,\
    7t,6j,7v,6l,6m,7j,7l,90,94,6r,6s,9d,6u,6v,9l,a7,6y,a9,70,71,9v,k9 windows-1253:6gc,3l,6ca,\
    b6,6ce,6cm,6cg,6ch,3s,6cw,3u,6d5,3w,3x,3y,3z,40,6c8,6c9,6cc,6cd,6ci,6c3,6c4,48,6jm,4a,6d6,\
    4c,4d,4e,4f,4g,p1,p2,4j,4k,4l,4m,4n,4o,4p,4q,4r,4s,4t,4u,6c5,4w,4x,4y,4z,p0,51,52,53,p4,p5,\
    p6,57,p8,59,pa,pb,pc,pd,pe,pf,pg,ph,pi,pj,pk,pl,pm,pn,po,pp,pq,pr,ps,pt,5u,pv,pw,px,py,pz,\
    q0,q1,q2,q3,q4,q5,q6,q7,q8,q9,qa,qb,qc,qd,qe,qf,qg,qh,qi,qj,qk,ql,qm,qn,qo,qp,qq,qr,qs,qt,\
    qu,qv,qw,qx,qy,qz,r0,r1,r2,73 windows-1254:6gc,3l,6ca,b6,6ce,6cm,6cg,6ch,jq,6cw,9s,6d5,9e,\
    3x,3y,3z,40,6c8,6c9,6cc,6cd,6ci,6c3,6c4,kc,6jm,9t,6d6,9f,4d,4e,ag,4g,4h,4i,4j,4k,4l,4m,4n,\
    4o,4p,4q,4r,4s,4t,4u,4v,4w,4x,4y,4z,50,51,52,53,54,55,56,57,58,59,5a,5b,5c,5d,5e,5f,5g,5h,\
    5i,5j,5k,5l,5m,5n,5o,5p,5q,5r,7y,5t,5u,5v,5w,5x,5y,5z,60,61,62,63,64,8g,9q,67,68,69,6a,6b,\
    6c,6d,6e,6f,6g,6h,6i,6j,6k,6l,6m,6n,7z,6p,6q,6r,6s,6t,6u,6v,6w,6x,6y,6z,70,8h,9r,73 \
    windows-1257:6gc,3l,6ca,3n,6ce,6cm,6cg,6ch,3s,6cw,3u,6d5,3w,4o,jr,54,40,6c8,6c9,6cc,6cd,6ci,\
    6c3,6c4,48,6jm,4a,6d6,4c,4v,kb,4f,4g,4h,4i,4j,4k,4l,4m,4n,60,4p,9i,4r,4s,4t,4u,5i,4w,4x,4y,\
    4z,50,51,52,53,6w,55,9j,57,58,59,5a,6e,78,8e,74,7a,5g,5h,7s,7m,7g,5l,ah,7q,82,8m,8a,8r,9s,\
    8z,91,5v,98,5x,5y,5z,aa,8x,9m,a2,64,aj,al,67,79,8f,75,7b,6c,6d,7t,7n,7h,6h,ai,7r,83,8n,8b,\
    8s,9t,90,92,6r,99,6t,6u,6v,ab,8y,9n,a3,70,ak,am,k9 iso-8859-2:3k,3l,3m,3n,3o,3p,3q,3r,3s,3t,\
    3u,3v,3w,3x,3y,3z,40,41,42,43,44,45,46,47,48,49,4a,4b,4c,4d,4e,4f,4g,78,k8,8x,4k,8t,9m,4n,\
    4o,9s,9q,9w,ah,4t,al,aj,4w,79,kb,8y,50,8u,9n,jr,54,9t,9r,9x,ai,kd,am,ak,9g,5d,5e,76,5g,8p,\
    7a,5j,7g,5l,7s,5n,7u,5p,5q,7i,7k,8z,93,5v,5w,9c,5y,5z,9k,a6,62,a8,64,65,9u,67,9h,69,6a,77,\
    6c,8q,7b,6f,7h,6h,7t,6j,7v,6l,6m,7j,7l,90,94,6r,6s,9d,6u,6v,9l,a7,6y,a9,70,71,9v,k9 \
    macroman:5g,5h,5j,5l,5t,5y,64,69,68,6a,6c,6b,6d,6f,6h,6g,6i,6j,6l,6k,6m,6n,6p,6r,6q,6s,6u,\
    6t,6y,6x,6z,70,6cg,4w,4i,4j,4n,6ci,52,67,4u,4p,6jm,50,4o,6sg,5i,60,6qm,4x,6sk,6sl,4l,51,6pu,\
    6q9,6q7,qo,6qz,4q,56,q1,6e,6w,5b,4h,4s,6qi,b6,6rs,6py,4r,57,6cm,4g,5c,5f,5x,9e,9f,6c3,6c4,\
    6cc,6cd,6c8,6c9,6v,7gq,73,ag,6dg,6gc,6d5,6d6,1dkx,1dky,6ch,53,6ca,6ce,6cw,5e,5m,5d,5n,5k,5p,\
    5q,5r,5o,5v,5w,1d6n,5u,62,63,61,8h,jq,kc,4v,k8,k9,ka,54,kd,kb,jr cp437:5j,70,6h,6a,6c,68,6d,\
    6f,6i,6j,6g,6n,6m,6k,5g,5h,5l,6e,5i,6s,6u,6q,6z,6x,73,5y,64,4i,4j,4l,6g7,b6,69,6l,6r,6y,6p,\
    5t,4q,56,5b,6xc,4s,59,58,4h,4r,57,7f5,7f6,7f7,7b6,7c4,7dt,7du,7di,7dh,7dv,7dd,7dj,7dp,7do,\
    7dn,7bk,7bo,7ck,7cc,7bw,7b4,7cs,7dq,7dr,7dm,7dg,7e1,7dy,7ds,7dc,7e4,7dz,7e0,7dw,7dx,7dl,7dk,\
    7de,7df,7e3,7e2,7bs,7bg,7ew,7es,7f0,7f4,7eo,q9,67,pf,qo,pv,qr,51,qs,py,pk,q1,qc,6qm,qu,qd,\
    6qx,6sh,4x,6sl,6sk,6xs,6xt,6v,6rs,4w,6qh,53,6qi,6f3,4y,7fk,4g
    """
}
