-- What people do: eight families of work with job titles, skills and the sentences of a résumé.
-- The lists are our own, short, and derived from no third party's set.
-- {s} skill, {n} count, {p} percentage, {q} duration (demo.fill).
CREATE TABLE demo.family (f int PRIMARY KEY, name text, share int, department text, titles text[],
                          skills text[], with_skill text[], plain text[], degrees text[]);
INSERT INTO demo.family VALUES
(1, 'software', 1800, 'Engineering',
 '{Junior Software Developer,Software Engineer,Backend Developer,Frontend Developer,Platform Engineer,Senior Software Engineer,Site Reliability Engineer,Data Engineer,Engineering Lead}',
 '{Python,PostgreSQL,Go,TypeScript,Kubernetes,Terraform,React,Linux,Kafka,Rust,CI pipelines,observability,API design,code review}',
 string_to_array('Built and ran a billing service in {s} that handled {n} thousand requests a minute without a page for {q}.
Used {s} daily for {q} and taught it to {n} colleagues in weekly pairing hours.
Replaced an ageing batch system with {s} and cut the nightly run by {p}.
Introduced {s} to a team of {n} and wrote the guide that new colleagues still start with.
Debugged a production outage down to a misuse of {s} and published the post-mortem for everybody.
Led the migration to {s} over {q} with no announced downtime.
Reduced the cost of our {s} set-up by {p} after measuring where the time went.
Maintained an internal library for {s} used by {n} services.
Wrote {n} design documents about {s} that were argued over and then followed.
Took over an unloved {s} code base and brought its failing tests from {n} to none.', E'\n'),
 string_to_array('Shared an on-call rota of {n} people and kept a runbook for each alert.
Deleted more code than I wrote in my best quarter.
Reviewed about {n} changes a month and answered each within a working day.
Turned a quarterly release into a daily one over {q}.
Mentored {n} juniors of whom two now lead teams of their own.
Kept a latency budget on every page and defended it against wishes.', E'\n'),
 '{BSc Computer Science,MSc Informatics,Vocational training as IT specialist,BEng Electrical Engineering,Bootcamp Web Development}'),
(2, 'sales', 900, 'Sales',
 '{Sales Development Representative,Inside Sales Agent,Account Executive,Key Account Manager,Partner Manager,Regional Sales Lead}',
 '{CRM hygiene,cold outreach,contract negotiation,solution selling,forecasting,tender writing,product demos,account planning,trade fairs,referral programmes,pipeline reviews,pricing}',
 string_to_array('Closed {n} mid-size accounts in a year with a method built on {s}.
Raised the hit rate of the team by {p} through better {s}.
Trained {n} new colleagues in {s} during their first weeks.
Owned {s} for the northern region and reported to the board each month.
Rescued a renewal worth {n} seats by careful {s} over {q}.
Wrote the playbook for {s} that the whole company adopted.
Learned {s} on the job and passed the internal certificate within {q}.
Made {s} part of every Monday meeting until the numbers could be trusted.', E'\n'),
 string_to_array('Beat the yearly target by {p} in two of three years.
Kept {n} accounts warm through a difficult change of prices.
Travelled about {n} days a year to customers in four countries.
Handed leads to delivery with notes good enough that nobody called back.
Lost one large deal and wrote down why so that the next one held.', E'\n'),
 '{BA Business Administration,Vocational training in wholesale and foreign trade,BA Linguistics,MBA}'),
(3, 'support', 900, 'Customer Support',
 '{Help Desk Clerk,Call Centre Agent,Customer Service Agent,Support Specialist,Technical Support Agent,Customer Success Associate,Support Team Lead}',
 '{ticket handling,de-escalation,live chat,knowledge base writing,CRM notes,phone support,e-mail support,billing questions,video calls,refund policy,SQL basics,quality reviews,shift planning}',
 string_to_array('Answered about {n} customers a day with {s} as the main tool.
Was the person others asked about {s} on the late shift for {q}.
Wrote {n} articles on {s} and saw repeat questions fall by {p}.
Practised {s} with {n} new colleagues before their first live day.
Handled the hardest complaints by patient {s} and kept a score of {n} thank-you letters on the wall.
Improved {s} across two sites and raised first-contact resolution by {p}.
Used {s} every day for {q} in a team that worked around the clock.
Proposed a new way of {s} that the whole department took over.', E'\n'),
 string_to_array('Kept a satisfaction rating above {p} during the busiest season.
Covered nights and weekends in a rota of {n} people.
Passed on faults to engineering with steps that could be repeated.
Stayed calm on a day with {n} times the usual volume.
Noticed a pattern in refunds and stopped a fraud worth {n} thousand.', E'\n'),
 '{Vocational training in dialogue marketing,BA Communication,Secondary school certificate,BA Tourism Management}'),
(4, 'operations', 900, 'Operations',
 '{Warehouse Associate,Forklift Operator,Inventory Clerk,Dispatcher,Logistics Coordinator,Production Planner,Shift Supervisor}',
 '{forklift licence,inventory control,SAP WM,route planning,lean methods,safety briefings,goods receipt,customs papers,shift planning,Excel,quality checks,first aid}',
 string_to_array('Ran {s} for a site with {n} docks and three shifts.
Cut picking errors by {p} after reorganising {s}.
Held the responsibility for {s} over {q} without an accident.
Trained {n} colleagues in {s} and signed off their first weeks.
Brought {s} back in order after a merger of two stores.
Reported {s} figures each morning to the plant manager.
Planned {s} for up to {n} lorries a day.', E'\n'),
 string_to_array('Loaded and unloaded up to {n} tonnes a shift.
Found {p} more room by moving slow goods upstairs.
Worked early, late and night shifts for {q}.
Spoke up about a blocked exit and saw it mended the same day.
Kept a handover book that made the next shift''s life easier.', E'\n'),
 '{Vocational training in warehouse logistics,Secondary school certificate,BA Logistics,Technician''s diploma}'),
(5, 'finance', 480, 'Finance',
 '{Accounts Payable Clerk,Bookkeeper,Payroll Specialist,Treasury Analyst,Financial Accountant,Controller}',
 '{IFRS,month-end close,DATEV,SAP FI,VAT returns,Excel models,cash forecasting,payroll,audit support,cost centre reporting,SQL basics}',
 string_to_array('Closed the books with {s} by the third working day, {n} months in a row.
Owned {s} for {n} legal entities.
Found an error of {n} thousand by reconciling {s} line by line.
Automated {s} and saved {p} of the hours at quarter end.
Explained {s} to managers who feared it.
Prepared {s} for the yearly audit over {q}.', E'\n'),
 string_to_array('Processed about {n} hundred invoices a month.
Reduced overdue items by {p} within {q}.
Answered the auditors'' questions on the day they came.
Kept a calm list when three systems were replaced at once.', E'\n'),
 '{BA Accounting,Vocational training as tax clerk,MSc Finance,Certified bookkeeper}'),
(6, 'care', 420, 'Care',
 '{Care Assistant,Paramedic,Registered Nurse,Ward Nurse,Occupational Health Nurse,Care Coordinator}',
 '{wound care,medication rounds,patient records,triage,infection control,dementia care,night shifts,first aid,family talks,vaccinations}',
 string_to_array('Was responsible for {s} on a ward of {n} beds.
Practised {s} daily for {q} and renewed the certificate on time.
Taught {s} to {n} students in their practical term.
Rewrote the checklist for {s} so that it fits one page.
Kept {s} going through a winter with {p} of colleagues ill.
Spoke with families about {s} in plain words.', E'\n'),
 string_to_array('Worked nights for {q} in a team of {n}.
Reported near misses openly and helped to change two routines.
Cared for {n} residents with one colleague.
Volunteered at a day centre on Sundays.', E'\n'),
 '{State examination in nursing,BSc Nursing,Vocational training in elderly care,Paramedic diploma}'),
(7, 'marketing', 300, 'Marketing',
 '{Marketing Assistant,Content Writer,Event Coordinator,Marketing Analyst,Performance Marketer,Brand Manager}',
 '{copywriting,SEO,paid search,newsletter campaigns,web analytics,event planning,brand guidelines,Figma,market research,budgeting}',
 string_to_array('Planned {n} campaigns around {s} and stopped the three that did not pay.
Raised sign-ups by {p} with steady work on {s}.
Owned {s} for the launch in two countries over {q}.
Built a small team for {s} of {n} freelancers.
Measured {s} honestly and reported the bad months too.
Wrote the house rules for {s}.', E'\n'),
 string_to_array('Held the yearly budget to within {p} of the plan.
Ran a stand at {n} fairs without forgetting the banner.
Edited each text twice and cut a third.
Interviewed {n} customers and let them speak.', E'\n'),
 '{BA Media Studies,BA Business Administration,MA Communication,Vocational training in office management}'),
(8, 'people', 300, 'People',
 '{HR Assistant,Payroll and HR Clerk,Recruiting Coordinator,Learning Specialist,HR Generalist,Talent Partner}',
 '{labour law,interview scheduling,onboarding,HR reporting,works council,sourcing,payroll,training plans,conflict talks,Personio}',
 string_to_array('Looked after {s} for a site of {n} hundred people.
Shortened {s} by {p} without making it colder.
Set up {s} from nothing within {q}.
Advised {n} managers on {s}.
Trained a successor in {s} before leaving.
Documented {s} so that nobody needed to ask twice.', E'\n'),
 string_to_array('Filled {n} positions in a year with a team of two.
Sat with people on hard days and kept it to myself.
Brought early leaving down by {p}.
Answered each applicant within {q} at most and usually within days.', E'\n'),
 '{BA Psychology,BA Business Administration,Vocational training in office management,MA Human Resources}');

-- Sentences that fit any work.
CREATE TABLE demo.common (plain text[], soft text[], company_a text[], company_b text[], schools text[]);
INSERT INTO demo.common VALUES (ARRAY[
 'Worked closely with {n} people in three offices and learned to write things down.',
 'Asked for feedback every quarter and acted on most of it.',
 'Took part in hiring and sat in on about {n} interviews.',
 'Stepped in as deputy lead for {q} during a parental leave.',
 'Moved from another field into this one and caught up within {q}.',
 'Kept a list of small improvements and finished {n} of them in a year.',
 'Gave a talk at the yearly meeting in front of {n} colleagues.',
 'Helped to choose a new supplier and compared {n} offers.',
 'Was elected to speak for the team in a year of changes.',
 'Organised a move of offices without losing a working day.',
 'Translated between colleagues who did not share a language.',
 'Reported to a manager abroad and met in person twice a year.',
 'Set up a short weekly note that people kept reading for {q}.',
 'Cut the number of regular meetings by {p} and nobody missed them.',
 'Learned the trade from an older colleague and am grateful for it.',
 'Returned after a longer break and was back at full speed within weeks.',
 'Looked after {n} trainees from their first day to their exam.',
 'Spent {q} abroad for the company and came back with a network.',
 'Kept the peace between two departments that measured different things.',
 'Wrote down what went wrong each time, without names.'],
 ARRAY['teamwork','clear writing','patience','planning','mentoring','negotiation','calm under pressure','listening','curiosity','reliability'],
 ARRAY['Alder','Bluestone','Cinder','Dovetail','Elmwood','Fjordlight','Granite','Harbour','Ironbridge','Juniper','Kestrel','Larkspur','Meridian','Nimbus','Oakhaven','Pinefall','Quillon','Rosewater','Saltmarsh','Tamarack','Umbra','Verdant','Westwind','Yarrow','Zephyr'],
 ARRAY['Systems','Logistics','& Daughters','GmbH','Clinics','Retail','Foods','Insurance','Works','Energy','Software','Services','AG','Freight','Labs'],
 ARRAY['Ashcombe University','Technische Hochschule Rabenstein','Lakeside College','Université de Valmont','Instytut Czerwieński','Northfield Polytechnic','Universidad de Aguaclara','Hochschule am Deich','Ōmori Institute','Port Ellery School of Trades']);
