package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnchorsAndSlugAreThoseOfGitHub(t *testing.T) {
	for title, want := range map[string]string{
		"The user came back?": "the-user-came-back", "用户回来了？": "用户回来了", "Two `ways`": "two-ways",
		"In WeChat, and E证通": "in-wechat-and-e证通", "[Link](x.md) here": "link-here", "a_b-c": "a_b-c",
	} {
		require.Equal(t, want, slug(title))
	}
	require.Equal(t, map[string]bool{"a": true, "a-1": true}, parsePage("", "# A\n## A\n").anchors())
}
