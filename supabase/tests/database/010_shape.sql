-- The three tables of the product's specification keep their names and columns; everything is documented.
begin;
select plan(14);

select columns_are('public', 'wa_templates', '{id,campaign_id,meta_template_name,meta_template_id,language,category,status,header_format,body_text,footer_text,buttons,sample_values,created_at,updated_at,header_text,header_media,parameter_format,rejected_reason,status_changed_at,quality,archived_from,name,version,content_at,unsupported,change,change_draft,change_claim,change_claimed_at,change_claims,edited_at,first_approved_at,deleted_at,created_by,health}',
  'wa_templates has the specified columns and the added ones');
select columns_are('public', 'wa_send_queue', '{id,campaign_id,job_id,template_id,recipient_phone,recipient_voter_id,template_params,status,meta_message_id,error_message,scheduled_at,sent_at,created_at,position,skip_reason,error_code,attempts,task_generation,leased_until,enqueued_at,claimed_at,claim_id,held_at,first_receipt_at,retries,resends,sender_id,meta_user_id,delivered_at,read_at,erased_at}',
  'wa_send_queue has the specified columns and the added ones');
select columns_are('public', 'communications', '{id,campaign_id,job_id,template_id,channel,target_count,sent_count,delivered_count,read_count,failed_count,status,started_at,completed_at,created_by,metadata,sender_id,former_sender_ids,idempotency_key,scheduled_at,skipped_count,unknown_count,pending_count,held_count,refusals_in_a_row,failed_receipts_in_a_row,failed_leases,lease_after,canary_until,canary_state,excluded_count,skipped_by_reason,status_reason,paused_by,template_version,is_test,people_forgotten_at,approval,announced_at}',
  'communications has the specified columns and the added ones');

select tables_are('public', '{campaigns,campaign_members,voters,wa_templates,wa_template_versions,wa_media,wa_send_queue,communications,wa_senders,wa_campaign_settings,wa_campaign_numbers,wa_recent_contacts,wa_portfolio_contacts,wa_opt_outs,wa_unresolved_opt_outs,wa_same_person,wa_consents,wa_audit_log,wa_test_numbers,wa_consent_imports}',
  'public holds CampaignPro''s three tables and our seventeen');
select tables_are('wa', '{audit_heads,audit_keys,content_amendments,content_lexicons,audit_days,audit_roots,audit_facts,audited_jobs,audited_messages,person_salts,suppression_keys,suppressions,content_releases,request_limits,request_paces}', 'the internal schema holds functions, and four tables that nobody may read');
select set_eq($$ select viewname::text from pg_views where schemaname = 'wa' $$, '{content_rules,shipped_content_rules}'::text[], 'and the lexicon, as it is delivered and as it holds');

select is_empty($$
  select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'v') and (n.nspname = 'wa' or n.nspname = 'public' and (c.relname like 'wa\_%' or c.relname = 'communications'))
    and obj_description(c.oid, 'pg_class') is null $$,
  'every table and view of ours has a comment');
select is_empty($$
  select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('public', 'wa') and not 'search_path=""' = any (coalesce(p.proconfig, '{}')) $$,
  'every function pins its search_path');
select set_eq($$
  select p.proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('public', 'wa') and p.prosecdef $$,
  '{my_campaigns,my_role,voters,current_phone,waiting_for,preview,create_job,wa_pause_job,wa_resume_job,wa_cancel_job,wa_move_job,wa_resolve_unknown,wa_verify_audit,wa_begin_audit_export,wa_export_audit,wa_approve_job,wa_release_content,
  wa_refuse_veda,wa_list_opt_outs,wa_get_sender,wa_get_settings,wa_put_settings,audit_settings,audit_sender,audit_opt_out,audit_consent,audit_template,
  wa_create_template,wa_check_template,wa_compose_template,wa_edit_template,wa_delete_template,wa_begin_upload,
  wa_import_consents,record_consent,revoke_consent,
  wa_export_person,wa_erase_person,wa_take_request,
  wa_claim_change,wa_record_change,wa_list_open_changes,wa_claim_upload,wa_record_upload,
  wa_preflight,wa_list_test_numbers,wa_add_test_number,wa_remove_test_number,wa_test_template,
  wa_lease_shard,wa_mark_enqueued,wa_claim_message,wa_record_attempt,wa_apply_receipts,wa_apply_opt_outs,wa_resolve_opt_outs,wa_apply_account_changes,
  wa_preflight_targets,wa_record_health,wa_list_accounts,wa_apply_sync,wa_sweep,wa_due_shards,wa_health,wa_audit_messages}'::text[],
  'only these functions run with their owner''s rights');
select is_empty($$
  select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('public', 'wa') group by n.nspname, p.proname having count(*) > 1 $$,
  'no function is overloaded: PostgREST would have to guess');

select index_is_unique('public', 'wa_send_queue', 'wa_send_queue_phone', 'a phone occurs once in a job');
select col_is_unique('public', 'communications', '{campaign_id,idempotency_key}'::name[], 'an idempotency key occurs once in a campaign');
select col_is_unique('public', 'wa_audit_log', '{campaign_id,seq}'::name[], 'the audit chain cannot fork');
select is_empty($$
  select c.conrelid::regclass, c.conname from pg_constraint c
  where c.contype = 'f' and c.conrelid::regclass::text ~ '^(wa_|communications)' and c.confdeltype <> 'a' $$,
  'deleting a campaign never deletes evidence with it');

select * from finish();
rollback;
