"""What each delivery report of the corpus says, read by a person: file, outcome, recipients in trouble.

`hard`: given up; `soft`: still tried; `auto_reply`: a machine's answer that decides nothing; `none`: no report at all.
"""
# ruff: noqa: E501 - one report is one line

EXPECTED = """
aol_01.txt hard screenname@aol.com
bounce_01.txt hard -
bounce_02.txt hard userx@example.com
bounce_03.txt hard userx@example.uk
caiwireless_01.txt hard userx@example.com
dsn_01.txt hard userx@example.com
dsn_02.txt hard zzzzz@example.uk
dsn_03.txt hard userx@example.be
dsn_04.txt hard userx@example.ch
dsn_05.txt soft userx@example.cz
dsn_06.txt soft userx@example.com
dsn_07.txt soft userx@example.nz
dsn_08.txt soft userx@example.de
dsn_09.txt hard userx@example.com
dsn_10.txt hard anne.person@dom.ain
dsn_11.txt hard joem@example.com
dsn_12.txt hard userx@example.jp
dsn_13.txt hard userx@example.com
dsn_14.txt hard userx@example.com.dk
dsn_15.txt hard userx@example.com
dsn_16.txt hard userx@example.com
dsn_17.txt soft userx@example.fi
dsn_18.txt hard email@replaced.net
dumbass_01.txt hard -
exim_01.txt hard userx@its.example.nl
groupwise_01.txt hard userx@example.EDU
groupwise_02.txt hard userx@example.com
groupwise_03.txt none -
hotpop_01.txt hard userx@example.com
llnl_01.txt hard user1@example.gov
microsoft_01.txt hard userx@example.COM
microsoft_02.txt hard userx@example.COM
microsoft_03.txt hard userx@example.com
microsoft_04.txt hard userx@example.COM
netscape_01.txt hard aaaaa@corel.com,bbbbb@corel.com
newmailru_01.txt hard zzzzz@newmail.ru
postfix_01.txt hard xxxxx@local.ie
postfix_02.txt hard yyyyy@digicool.com
postfix_03.txt hard ttttt@ggggg.com
postfix_04.txt hard userx@mail1.example.com
postfix_05.txt hard userx@example.net
qmail_01.txt hard userx@example.de
qmail_02.txt hard userx@example.com
qmail_03.txt hard userx@example.jp
qmail_04.txt hard userx@example.au
qmail_05.txt hard userx@example.com
qmail_06.txt hard ntl@xxx.com
qmail_07.txt hard user@example.net
qmail_08.txt auto_reply -
sendmail_01.txt hard zzzzz@nfg.nl,zzzzz@shaft.coal.nl
simple_01.txt hard bbbsss@example.com
simple_02.txt hard userx@example.net
simple_03.txt soft userx@example.za
simple_04.txt hard userx@example.com
simple_05.txt hard userx@example.net
simple_06.txt hard userx@example.com
simple_07.txt hard userx@example.net
simple_08.txt hard userx@example.de
simple_09.txt hard userx@example.de
simple_10.txt hard userx@example.com
simple_11.txt hard userx@example.com
simple_12.txt hard userx@example.ac.jp
simple_13.txt hard userx@example.fr
simple_14.txt hard userx@example.com,usery@example.com
simple_15.txt hard userx@example.be
simple_16.txt hard userx@example.com
simple_17.txt hard userx@example.com
simple_18.txt hard userx@example.com
simple_19.txt hard userx@example.com.ar
simple_20.txt hard userx@example.com
simple_21.txt soft userx@example.com
simple_22.txt soft User@example.org
simple_23.txt hard userx@example.it
simple_24.txt hard userx@example.com
simple_25.txt hard userx@example.com
simple_26.txt hard userx@example.it
simple_27.txt hard userx@example.net.py
simple_28.txt soft userx@example.com
simple_29.txt hard userx@example.com
simple_30.txt hard userx@example.com
simple_31.txt hard userx@example.fr
simple_32.txt hard userx@example.com
simple_33.txt hard userx@example.com
simple_34.txt hard roland@example.com
simple_35.txt soft calvin@example.com
simple_36.txt hard userx@example.com
simple_37.txt hard user@example.edu
simple_38.txt hard userx@example.com
simple_39.txt hard userx@example.ru
simple_40.txt soft user@example.com
simple_41.txt hard userx@example.com
simple_42.txt hard david...@gmail.com
simple_43.txt hard -
simple_44.txt hard user@example.com
simple_45.txt hard subscriber@earthlink.net
sina_01.txt hard userx@sina.com,usery@sina.com
smtp32_01.txt hard userx@example.ph
smtp32_02.txt hard userx@example.com
smtp32_03.txt hard userx@example.com
smtp32_04.txt hard after_another@example.net,one_bad_address@example.net
smtp32_05.txt hard userx@example.com
smtp32_06.txt hard Absolute_garbage_addr@example.net
smtp32_07.txt hard userx@example.com
yahoo_01.txt hard userx@example.com
yahoo_02.txt hard userx@example.es
yahoo_03.txt hard userx@example.com
yahoo_04.txt hard userx@example.es,usery@example.uk
yahoo_05.txt hard userx@example.com,usery@example.com
yahoo_06.txt hard usera@example.com,userx@example.com,usery@example.com,userz@example.com
yahoo_07.txt hard userw@example.com,userx@example.com,usery@example.com,userz@example.com
yahoo_08.txt hard usera@example.com,userb@example.com,userc@example.com,userd@example.com,usere@example.com,userf@example.com
yahoo_09.txt hard userx@example.com,usery@example.com
yahoo_10.txt hard userx@example.com,usery@example.com,userz@example.com
yahoo_11.txt hard bad_user@aol.com
yahoo_12.txt hard user@yahoo.com
yahoo_13.txt hard bogus-address@example.net
yale_01.txt hard userx@cs.yale.edu,userx@yale.edu
dsn__testdata__delayed_dsn.raw soft thomas@de-montfort.ac.uk
dsn__testdata__dsn_with_multipart_alternative.raw hard non-existing@example.com
dsn__testdata__multi_recipient_dsn.raw hard arathib@vnet.ibm.com,johnh@hpnjld.njd.hp.com,wsnell@sdcc13.ucsd.edu
dsn__testdata__simple_dsn.raw hard louisl@larry.slip.umd.edu
dsn__testdata__simple_dsn_with_html.raw hard louisl@larry.slip.umd.edu
testdata__mail__multipart-wo-boundary.raw hard -
UnitTests__TestData__messages__bounce.txt hard netec.test@netecgc.com
UnitTests__TestData__messages__delivery-status-multiple-blank-lines.txt hard orig_recip@customer.com
UnitTests__TestData__messages__delivery-status-no-blank-line.txt hard newsletter-request@imusic.com
UnitTests__TestData__messages__delivery-status.anonymized.eml hard -
UnitTests__TestData__messages__delivery-status.txt hard newsletter-request@imusic.com
UnitTests__TestData__messages__delivery-status2.txt hard source@domain.com
UnitTests__TestData__messages__disposition-notification.anonymized.eml auto_reply -
UnitTests__TestData__messages__disposition-notification.txt auto_reply -
UnitTests__TestData__messages__feedback-report.txt auto_reply -
spec__fixtures__emails__mime_emails__raw_email_with_mimepart_without_content_type.eml soft larose.julie@courrier.uqam.ca
spec__fixtures__emails__multipart_report_emails__multi_address_bounce1.eml hard bbbbvhvbbvkjbhfbvbvjhb@gmail.com,bscdbcjhasbcjhbdscbhbsdhcbj@gmail.com,egyfefsdvsfvvhjsd@gmail.com,kfhejkfbsjkjsbhds@gmail.com,qfvhgsvhgsduiohncdhcvhsdfvsfygusd@gmail.com
spec__fixtures__emails__multipart_report_emails__multi_address_bounce2.eml hard bbbbvhvbbvkjbhfbvbvjhb@gmail.com,bscdbcjhasbcjhbdscbhbsdhcbj@gmail.com,egyfefsdvsfvvhjsd@gmail.com,kfhejkfbsjkjsbhds@gmail.com,qfvhgsvhgsduiohncdhcvhsdfvsfygusd@gmail.com
spec__fixtures__emails__multipart_report_emails__multipart_report_multiple_status.eml hard u@ci.com
spec__fixtures__emails__multipart_report_emails__report_422.eml soft fraser@oooooooo.com.au
spec__fixtures__emails__multipart_report_emails__report_530.eml hard edwin@zzzzzzz.com
"""


def rows() -> list[tuple[str, str, set[str]]]:
    """The table as file name, outcome and the set of recipients."""
    table = []
    for line in EXPECTED.split("\n"):
        if line:
            name, outcome, recipients = line.split(" ")
            table.append((name, outcome, set() if recipients == "-" else set(recipients.split(","))))
    return table
