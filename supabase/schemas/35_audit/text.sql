-- What a message said, out of its template's version and its values: one line for the header, the
-- body as it is, one for the footer and one for each button.

-- The texts between the variables, and the variables' names as wa_send_queue.template_params has
-- them. A header's number counts apart from the body's; a button's value is named by its index.
create function wa.text_frame(p_content jsonb, out literals text[], out names text[])
language plpgsql immutable
set search_path = ''
as $$
declare
  frame text := concat_ws(E'\n',
    case p_content ->> 'parameter_format'
      when 'positional'
        then regexp_replace(p_content ->> 'header_text', '\{\{[^{}]*\}\}', '{{header}}')
      else p_content ->> 'header_text'
    end,
    p_content ->> 'body_text',
    p_content ->> 'footer_text', (
      select string_agg(wa.button_line(b.value, b.n - 1), E'\n' order by b.n)
      from jsonb_array_elements(wa.list_or_none(p_content -> 'buttons')) with ordinality b(value, n)
    ));
begin
  literals := regexp_split_to_array(frame, '\{\{[^{}]*\}\}');
  names := array(
    select btrim(m[1]) from regexp_matches(frame, '\{\{([^{}]*)\}\}', 'g') m);
end $$;

create function wa.button_line(p_button jsonb, p_index bigint)
returns text
language sql immutable
set search_path = ''
as $$
  select case p_button ->> 'type'
    when 'COPY_CODE' then '[{{button.' || p_index || '}}]'
    else concat('[', p_button ->> 'text', ']', coalesce(
      '(' || regexp_replace(
        p_button ->> 'url', '\{\{[^{}]*\}\}', '{{button.' || p_index || '}}') || ')',
      '(' || (p_button ->> 'phone_number') || ')'))
  end;
$$;

-- Filled in at once: what looks like a variable in a value stays text.
create function wa.rendered_text(p_literals text[], p_names text[], p_params jsonb)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  filled text := p_literals[1];
begin
  for n in 1 .. coalesce(cardinality(p_names), 0) loop
    filled := filled || coalesce(p_params ->> p_names[n], '{{' || p_names[n] || '}}')
      || p_literals[n + 1];
  end loop;
  return filled;
end $$;
