"""
Templates in which all that is the same on every page has been written out beforehand.

A page says some hundred words by `{% translate %}`, addresses by `{% url %}` and icons
by `{% include %}`, and no request changes them: only the language does. So a template
is loaded once for each language, and these become plain text there and then.
"""

from django.template import Context, TemplateDoesNotExist
from django.template.base import Node, NodeList, TextNode, TokenType, VariableNode
from django.template.defaulttags import (
    AutoEscapeControlNode,
    CommentNode,
    IfNode,
    LoadNode,
    URLNode,
    WithNode,
)
from django.template.library import SimpleNode
from django.template.loader_tags import IncludeNode, construct_relative_path
from django.template.loaders import base, cached
from django.templatetags.i18n import BlockTranslateNode, LanguageNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch, get_script_prefix
from django.utils.translation import get_language

# Within these the same words can come to another text.
APART = (AutoEscapeControlNode, LanguageNode)
# What a text is made of that depends on nothing but the values given to it
PLAIN = {TextNode, VariableNode, IfNode, WithNode}
_constant_tags = set()


def constant(tag):
    """Mark a simple tag without arguments as one that only the language changes."""
    _constant_tags.add(tag)
    return tag


class Folded(base.Loader):
    """Loads templates and folds them, each time."""

    def get_template(self, template_name, skip=None):
        template = super().get_template(template_name, skip)
        context = Context()
        context.template = template
        fold(template.nodelist, context)
        return template


class Loader(cached.Loader, Folded):
    """Loads templates once for each language; takes the loaders that find them."""

    def cache_key(self, template_name, skip=None):
        key = super().cache_key(template_name, skip)
        return key, get_language(), get_script_prefix()


def fold(nodes, context):
    """
    Write out what is constant in a NodeList, in place.

    `context` is a Context without values, of the template that is loaded, while the
    language it is loaded for is active.
    """
    folded = []
    for node in nodes:
        within(node, context)
        text = written(node, context)
        if text is None:
            folded.append(node)
        elif folded and type(folded[-1]) is TextNode:
            folded[-1] = TextNode(folded[-1].s + text)
        elif text:
            folded.append(TextNode(text))
    nodes[:] = folded


def within(node, context):
    """Fold what stands within a node, whatever it calls it."""
    if isinstance(node, APART):
        return
    if type(node) is IfNode:
        for _condition, nodes in node.conditions_nodelists:
            fold(nodes, context)
    for nodes in vars(node).values():
        if isinstance(nodes, NodeList):
            fold(nodes, context)


def written(node, context):
    """Return what a node always says (str); None if that depends on the request."""
    kind = type(node)
    if kind is TextNode:
        return node.s
    if kind in {CommentNode, LoadNode}:
        return ""
    if kind is IncludeNode:
        return included(node, context)
    try:
        return node.render(context) if is_constant(node) else None
    except NoReverseMatch:
        return None  # Whoever shows it is told, as ever.


def is_constant(node):
    """Tell whether a node says the same whatever the request, and keeps no variable."""
    match node:
        case TranslateNode(asvar=None):
            said = node.filter_expression
            given = [node.message_context] if node.message_context else []
            known = said.var.lookups is None and not said.filters
            return known and are_known(given)
        case BlockTranslateNode(asvar=None, counter=None, message_context=None):
            plain = all(one.token_type is TokenType.TEXT for one in node.singular)
            return plain and not node.extra_context
        case URLNode(asvar=None):
            return are_known([node.view_name, *node.args, *node.kwargs.values()])
        case StaticNode(varname=None):
            return are_known([node.path])
        case SimpleNode(target_var=None):
            return node.func in _constant_tags
    return False


def are_known(expressions):
    """Tell whether filter expressions are texts and numbers, in the template itself."""
    return all(not one.is_var and not one.filters for one in expressions)


def included(node, context):
    """
    Return what an include always says; None if that depends on the request.

    What it includes then is looked up once, not once for each page.
    """
    if not are_known([node.template]):
        return None
    name = construct_relative_path(node.origin.template_name, str(node.template.var))
    given = node.extra_context
    node.template = Named(name)
    if not node.isolated_context or not are_known(given.values()):
        return None
    try:
        template = node.template.resolve(context)
    except TemplateDoesNotExist:
        return None  # as well
    if {type(one) for one in template.nodelist.get_nodes_by_type(Node)} <= PLAIN:
        return template.render(
            Context({key: value.resolve(context) for key, value in given.items()})
        )
    return None


class Named:
    """A template of a fixed name, found when it is first shown."""

    def __init__(self, name):
        self.name, self.template = name, None

    def resolve(self, context):
        """Return the template; TemplateDoesNotExist if there is none."""
        if self.template is None:
            self.template = context.template.engine.get_template(self.name)
        return self.template
